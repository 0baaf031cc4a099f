//! Values over time, drawn with characters: a line of blocks for an overview, or a small plot with the goal for one
//! series. Time runs to the right in equally long slots, so that gaps are visible.

use std::{
    fmt,
    ops::RangeInclusive,
    time::{Duration, SystemTime},
};

use system_health_registry::Goal;

use super::value::ShownValue;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const HEIGHT: usize = 9;

/// Equally long slots of time, each with its last value. `None` in a slot without a value.
pub(super) struct TimeSlots(Vec<Option<f64>>);

/// A line of blocks. A slot without a value is a space.
pub(super) struct Sparkline<'a>(pub(super) &'a TimeSlots);

/// A plot of the values, with a line at the goal.
pub(super) struct Plot<'a> {
    pub(super) slots: &'a TimeSlots,
    pub(super) goal: Option<Goal>,
}

impl TimeSlots {
    /// Distributes values, in the order of time, over `count` slots. Together, the slots cover `length` from `since` on.
    pub(super) fn new(
        values: impl IntoIterator<Item = (SystemTime, f64)>,
        since: SystemTime,
        length: Duration,
        count: usize,
    ) -> Self {
        let mut slots = vec![None; count];
        for (time, value) in values {
            let share = time.duration_since(since).unwrap_or_default().div_duration_f64(length);
            slots[part(share, count)] = Some(value);
        }
        Self(slots)
    }

    fn range(&self) -> Option<RangeInclusive<f64>> {
        let mut values = self.0.iter().flatten().copied();
        let first = values.next()?;
        let (low, high) = values.fold((first, first), |(low, high), value| (low.min(value), high.max(value)));
        Some(low..=high)
    }
}

/// The row of a value, counted from the lowest.
fn row(value: f64, range: &RangeInclusive<f64>, rows: usize) -> usize {
    let extent = range.end() - range.start();
    if extent <= 0.0 || !extent.is_finite() {
        return rows / 2;
    }
    part((value - range.start()) / extent, rows)
}

/// The index of the part that a share from 0 to 1 lies in, if the whole is divided into equal parts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "there are few parts; a share below 0 is in the first part, and a share above 1 is in the last"
)]
fn part(share: f64, parts: usize) -> usize {
    ((share * parts as f64) as usize).min(parts - 1)
}

impl fmt::Display for Sparkline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        let Some(range) = self.0.range() else { return Ok(()) };
        self.0.0.iter().try_for_each(|value| {
            f.write_char(value.map_or(' ', |value| BLOCKS[row(value, &range, BLOCKS.len())]))
        })
    }
}

impl fmt::Display for Plot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(range) = self.slots.range() else { return Ok(()) };
        let target = self.goal.map(|goal| goal.target());
        let range =
            target.map_or(range.clone(), |target| range.start().min(target)..=range.end().max(target));
        let goal_row = target.map(|target| row(target, &range, HEIGHT));
        let labels = [*range.end(), *range.start()].map(|value| ShownValue(value).to_string());
        let width = labels.iter().map(String::len).max().unwrap_or_default();
        for row_index in (0..HEIGHT).rev() {
            let label = match row_index {
                0 => &*labels[1],
                top if top == HEIGHT - 1 => &*labels[0],
                _ => "",
            };
            let characters: String = self
                .slots
                .0
                .iter()
                .map(|value| match value {
                    Some(value) if row(*value, &range, HEIGHT) == row_index => '●',
                    _ if goal_row == Some(row_index) => '╌',
                    _ => ' ',
                })
                .collect();
            let note = match self.goal {
                Some(goal) if goal_row == Some(row_index) => format!(" goal {goal}"),
                _ => String::new(),
            };
            writeln!(f, "{}", format!("{label:>width$} │{characters}{note}").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn slots(values: &[(u64, f64)]) -> TimeSlots {
        let since = SystemTime::UNIX_EPOCH;
        let values = values.iter().map(|(second, value)| (since + Duration::from_secs(*second), *value));
        TimeSlots::new(values, since, Duration::from_secs(10), 10)
    }

    #[test]
    fn slots_without_a_value_are_blank() {
        assert_eq!(Sparkline(&slots(&[(0, 1.0), (1, 2.0), (4, 8.0), (9, 1.0)])).to_string(), "▁▂  █    ▁");
        assert_eq!(Sparkline(&slots(&[(3, 5.0)])).to_string(), "   ▅      ");
        assert_eq!(Sparkline(&slots(&[])).to_string(), "");
    }

    #[test]
    fn a_slot_shows_its_last_value() {
        assert_eq!(slots(&[(2, 1.0), (2, 3.0), (99, 4.0)]).0[2], Some(3.0));
    }

    #[test]
    fn a_plot_shows_the_goal() {
        let goal = Some("< 5".parse().unwrap());
        let slots = slots(&[(0, 1.0), (2, 4.0), (5, 8.0), (9, 6.0)]);
        assert_snapshot!(Plot { slots: &slots, goal }, @"
        8 │     ●
          │
          │         ●
          │╌╌╌╌╌╌╌╌╌╌ goal < 5
          │
          │  ●
          │
          │
        1 │●
        ");
    }

    #[test]
    fn constant_values_are_a_straight_line() {
        let slots = slots(&[(0, 3.0), (4, 3.0)]);
        assert_snapshot!(Plot { slots: &slots, goal: None }, @"
        3 │
          │
          │
          │
          │●   ●
          │
          │
          │
        3 │
        ");
    }
}
