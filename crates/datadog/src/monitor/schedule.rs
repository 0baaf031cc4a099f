//! When the reporter runs, and the evaluation windows that follow from it.
//!
//! A run's points carry the time of the run's start, and arrive a little later. So the windows end half an interval
//! before or behind a run: a run may be late by up to half of `every` and every window still holds the runs
//! that it has to hold.

use std::time::Duration;

/// The longest evaluation window that Datadog's API documents for metric monitors.
/// See <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>.
pub(super) const LONGEST_WINDOW: Duration = Duration::from_hours(7 * 24);

/// When the reporter runs, and how many runs may go wrong before somebody is notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The time from one run to the next, in whole minutes.
    pub every: Duration,
    /// The longest time between two runs, such as a weekend; the same as `every` for a reporter that runs
    /// around the clock.
    pub longest_gap: Duration,
    /// The number of runs in a row that may be missed, or fail in one respect, until somebody is notified.
    pub missed: u32,
}

impl Schedule {
    /// The longest evaluation window that Datadog's API documents.
    pub const LONGEST_WINDOW: Duration = LONGEST_WINDOW;

    /// The default window of a goal's monitor. It holds a point at any time while the reporter runs, even if a run is
    /// late.
    #[must_use]
    pub fn window(self) -> Duration {
        self.every.saturating_mul(2).min(LONGEST_WINDOW)
    }

    /// The window that is empty once `missed` runs in a row are missed, but before the next one is due.
    ///
    /// The first missed run is due `longest_gap` after the last one, and the others every `every`.
    #[must_use]
    pub fn silence(self) -> Duration {
        self.longest_gap + self.every.saturating_mul(self.missed.saturating_sub(1)) + self.every / 2
    }

    /// The window that holds the last `missed` runs when the newest one has arrived, and at least one run at
    /// any time while the reporter runs.
    #[must_use]
    pub fn last_runs(self) -> Duration {
        self.every.saturating_mul(self.missed.max(2) - 1) + self.every / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_end_half_an_interval_from_a_run() {
        let hours = |hours: u64| Duration::from_mins(hours * 60);
        let of = |every: Duration, longest_gap: Duration, missed: u32| {
            let schedule = Schedule { every, longest_gap, missed };
            [schedule.window(), schedule.silence(), schedule.last_runs()].map(|window| window.as_secs() / 60)
        };
        let quarter = Duration::from_mins(15);

        assert_eq!(of(quarter, quarter, 3), [30, 52, 37]);
        assert_eq!(of(quarter, quarter, 1), [30, 22, 22]);
        assert_eq!(of(quarter, hours(62), 3), [30, 62 * 60 + 37, 37]);
        assert_eq!(of(hours(24), hours(24), 3), [48, 84, 60].map(|hours| hours * 60));
        assert_eq!(of(hours(120), hours(120), 1)[0], 7 * 24 * 60);
    }
}
