//! The schedule of the reporter, and the evaluation windows that follow from it.
//!
//! The points of a run have the time of its start, and arrive a little later. So half of `every` is added to the windows of
//! the reporter's monitors. If a run is late by less than that, a window still contains the runs that it needs.

use std::time::Duration;

/// The longest evaluation window that Datadog's API documents for metric monitors.
/// See <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>.
const MAX_WINDOW: Duration = Duration::from_hours(7 * 24);

/// When the reporter runs, and how many bad runs are tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Time from one run to the next, in whole minutes.
    pub every: Duration,
    /// Longest time between two runs, such as a weekend. Equal to `every` if the reporter runs around the clock.
    pub longest_gap: Duration,
    /// Number of consecutive missed or failed runs after which somebody is notified.
    pub missed: u32,
}

impl Schedule {
    /// The longest evaluation window that Datadog's API documents.
    pub const MAX_WINDOW: Duration = MAX_WINDOW;

    /// Default window of a goal's monitor. While the reporter runs, the window contains a point, even if a run is a little late.
    #[must_use]
    pub fn window(self) -> Duration {
        self.every.saturating_mul(2).min(MAX_WINDOW)
    }

    /// Window that becomes empty after `missed` consecutive runs were missed, and before the next run is due.
    ///
    /// The first missed run is due at most `longest_gap` after the last one, and each further run is due `every` later.
    #[must_use]
    pub fn silence_window(self) -> Duration {
        let others = self.every.saturating_mul(self.missed.saturating_sub(1));
        self.longest_gap.saturating_add(others).saturating_add(self.every / 2)
    }

    /// Window that contains the last `missed` runs when the newest one arrives, and always at least one run while the reporter
    /// runs.
    #[must_use]
    pub fn last_runs_window(self) -> Duration {
        self.every.saturating_mul(self.missed.max(2) - 1).saturating_add(self.every / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_tolerate_runs_that_are_late_by_half_an_interval() {
        let hours = |hours: u64| Duration::from_mins(hours * 60);
        let windows = |every: Duration, longest_gap: Duration, missed: u32| {
            let schedule = Schedule { every, longest_gap, missed };
            [schedule.window(), schedule.silence_window(), schedule.last_runs_window()]
                .map(|window| window.as_secs() / 60)
        };
        let quarter = Duration::from_mins(15);

        assert_eq!(windows(quarter, quarter, 3), [30, 52, 37]);
        assert_eq!(windows(quarter, quarter, 1), [30, 22, 22]);
        assert_eq!(windows(quarter, hours(62), 3), [30, 62 * 60 + 37, 37]);
        assert_eq!(windows(hours(24), hours(24), 3), [48, 84, 60].map(|hours| hours * 60));
        assert_eq!(windows(hours(120), hours(120), 1)[0], 7 * 24 * 60);
    }

    #[test]
    fn an_interval_and_a_gap_of_any_length_have_windows() {
        let schedule = Schedule { every: Duration::from_mins(15), longest_gap: Duration::MAX, missed: 3 };
        assert_eq!(schedule.silence_window(), Duration::MAX);
        let schedule = Schedule { every: Duration::MAX, ..schedule };
        assert_eq!(schedule.last_runs_window(), Duration::MAX);
    }
}
