//! How many points are kept, and for how long.

use std::collections::BTreeMap;

/// How long points are kept, in seconds: the longest window of a monitor.
pub(crate) const SPAN: i64 = 7 * 24 * 60 * 60;
/// Maximum number of points that are kept. They take about 10 MiB.
pub(crate) const MAX_POINTS: usize = 200_000;
/// By how much the number of points may exceed the maximum before points are deleted, because a deletion reads all points.
const SLACK: usize = MAX_POINTS / 10;
/// How much older than `SPAN` the oldest point may be before old points are deleted, in seconds.
const SLACK_SPAN: i64 = 60 * 60;

/// Counts the points that are kept, and decides which of them are deleted. Times are in seconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    /// The number of points at each time.
    counts: BTreeMap<i64, usize>,
    total: usize,
    dropped_before: Option<i64>,
}

impl Retention {
    /// Counts points at a time.
    pub(crate) fn add(&mut self, time: i64, points: usize) {
        *self.counts.entry(time).or_default() += points;
        self.total += points;
    }

    /// The times of the points, ascending.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> {
        self.counts.keys().copied()
    }

    /// The time before which points were left out.
    pub(crate) fn dropped_before(&self) -> Option<i64> {
        self.dropped_before
    }

    /// Notes that points from before a time are left out: there are too many, or they were lost.
    pub(crate) fn note_dropped_before(&mut self, time: i64) {
        self.dropped_before = self.dropped_before.max(Some(time));
    }

    /// If points have to be deleted, returns the time before which they are deleted, and no longer counts these points.
    pub(crate) fn limit(&mut self, now: i64) -> Option<i64> {
        let oldest = now - SPAN;
        let is_old = self.counts.first_key_value().is_some_and(|(time, _)| *time < oldest - SLACK_SPAN);
        if !is_old && self.total <= MAX_POINTS + SLACK {
            return None;
        }
        let mut since = oldest;
        let mut room = MAX_POINTS;
        for (time, points) in self.counts.range(oldest..).rev() {
            let Some(remaining) = room.checked_sub(*points) else {
                // The points of the newest time are kept, however many there are.
                since = if room == MAX_POINTS { *time } else { time + 1 };
                break;
            };
            room = remaining;
        }
        if since > oldest {
            self.note_dropped_before(since);
        }
        self.counts = self.counts.split_off(&since);
        self.total = self.counts.values().sum();
        Some(since)
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn points_that_are_too_old_are_deleted_from_time_to_time() {
        let mut retention = Retention::default();
        retention.add(NOW - SPAN - SLACK_SPAN, 1);
        retention.add(NOW - SPAN - 1, 1);
        retention.add(NOW - SPAN, 1);

        assert_eq!(retention.limit(NOW), None);
        assert_eq!(retention.limit(NOW + 1), Some(NOW + 1 - SPAN));
        assert_eq!(retention.times().collect::<Vec<_>>(), [0; 0]);
        assert_eq!(retention.dropped_before(), None);
    }

    #[test]
    fn the_points_of_the_newest_time_are_kept_however_many_there_are() {
        let mut retention = Retention::default();
        retention.add(NOW, MAX_POINTS + SLACK);
        retention.add(NOW + 1, MAX_POINTS + SLACK);

        assert_eq!(retention.limit(NOW + 1), Some(NOW + 1));
        assert_eq!(retention.times().collect::<Vec<_>>(), [NOW + 1]);
        assert_eq!(retention.dropped_before(), Some(NOW + 1));
    }

    #[test]
    fn if_there_are_too_many_points_the_newest_are_kept() {
        let mut retention = Retention::default();
        for run in 0..4 {
            retention.add(NOW + run, MAX_POINTS / 2);
        }

        assert_eq!(retention.limit(NOW + 3), Some(NOW + 2));
        assert_eq!(retention.times().collect::<Vec<_>>(), [NOW + 2, NOW + 3]);
        assert_eq!(retention.dropped_before(), Some(NOW + 2));
        assert_eq!(retention.limit(NOW + 3), None);
    }
}
