//! Values over time, drawn with characters: one line of blocks for an overview, a small plot with the
//! goal in it for one series. Time runs to the right in equal steps, so that a gap is seen as a gap.

use std::{
    fmt,
    ops::RangeInclusive,
    time::{Duration, SystemTime},
};

use system_health_registry::Goal;

use super::value::Value;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const HEIGHT: usize = 9;

/// The last value of each of some equal steps of time; `None` where there is none.
pub(super) struct Steps(Vec<Option<f64>>);

/// A line of blocks, a space where there is no value.
pub(super) struct Sparkline<'a>(pub(super) &'a Steps);

/// A plot with the goal's limit drawn in.
pub(super) struct Plot<'a> {
    pub(super) steps: &'a Steps,
    pub(super) goal: Option<Goal>,
}

impl Steps {
    /// Sorts values into steps of the time from `since` on.
    pub(super) fn new(
        values: impl IntoIterator<Item = (SystemTime, f64)>,
        since: SystemTime,
        length: Duration,
        count: usize,
    ) -> Self {
        let mut steps = vec![None; count];
        for (time, value) in values {
            let share = time.duration_since(since).unwrap_or_default().div_duration_f64(length);
            steps[nearest(share, count)] = Some(value);
        }
        Self(steps)
    }

    fn range(&self) -> Option<RangeInclusive<f64>> {
        let mut values = self.0.iter().flatten().copied();
        let first = values.next()?;
        let (low, high) = values.fold((first, first), |(low, high), value| (low.min(value), high.max(value)));
        Some(low..=high)
    }
}

/// Which of so many rows a value is in, counted from the lowest.
fn row(value: f64, range: &RangeInclusive<f64>, rows: usize) -> usize {
    let extent = range.end() - range.start();
    if extent <= 0.0 || !extent.is_finite() {
        return rows / 2;
    }
    nearest((value - range.start()) / extent, rows)
}

/// Which of so many equal parts a share from 0 to 1 lies in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a few parts; what lies outside is put on the edge"
)]
fn nearest(share: f64, parts: usize) -> usize {
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
        let Some(range) = self.steps.range() else { return Ok(()) };
        let limit = self.goal.map(|goal| goal.target());
        let range = limit.map_or(range.clone(), |limit| range.start().min(limit)..=range.end().max(limit));
        let goal_row = limit.map(|limit| row(limit, &range, HEIGHT));
        let labels = [*range.end(), *range.start()].map(|value| Value(value).to_string());
        let width = labels.iter().map(String::len).max().unwrap_or_default();
        for line in (0..HEIGHT).rev() {
            let label = match line {
                0 => &*labels[1],
                line if line == HEIGHT - 1 => &*labels[0],
                _ => "",
            };
            let row: String = self
                .steps
                .0
                .iter()
                .map(|value| match value {
                    Some(value) if row(*value, &range, HEIGHT) == line => '●',
                    _ if goal_row == Some(line) => '╌',
                    _ => ' ',
                })
                .collect();
            let note = match self.goal {
                Some(goal) if goal_row == Some(line) => format!(" goal {goal}"),
                _ => String::new(),
            };
            writeln!(f, "{}", format!("{label:>width$} │{row}{note}").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn steps(values: &[(u64, f64)]) -> Steps {
        let since = SystemTime::UNIX_EPOCH;
        let values = values.iter().map(|(second, value)| (since + Duration::from_secs(*second), *value));
        Steps::new(values, since, Duration::from_secs(10), 10)
    }

    #[test]
    fn a_gap_is_seen_as_a_gap() {
        assert_eq!(Sparkline(&steps(&[(0, 1.0), (1, 2.0), (4, 8.0), (9, 1.0)])).to_string(), "▁▂  █    ▁");
        assert_eq!(Sparkline(&steps(&[(3, 5.0)])).to_string(), "   ▅      ");
        assert_eq!(Sparkline(&steps(&[])).to_string(), "");
    }

    #[test]
    fn the_last_value_of_a_step_is_the_one_that_is_shown() {
        assert_eq!(steps(&[(2, 1.0), (2, 3.0), (99, 4.0)]).0[2], Some(3.0));
    }

    #[test]
    fn the_goal_is_drawn_in() {
        let goal = Some("< 5".parse().unwrap());
        let steps = steps(&[(0, 1.0), (2, 4.0), (5, 8.0), (9, 6.0)]);
        assert_snapshot!(Plot { steps: &steps, goal }, @"
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
    fn values_that_do_not_change_are_a_straight_line() {
        let steps = steps(&[(0, 3.0), (4, 3.0)]);
        assert_snapshot!(Plot { steps: &steps, goal: None }, @"
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
