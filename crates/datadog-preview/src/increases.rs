//! What was added to counters since the previous run. Datadog gets these increases instead of totals.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use system_health_registry::{Kind, Point, Tag};

/// How far the previous total may be ahead of a new one. If it is farther ahead, it comes from a wrong clock, and the new one
/// replaces it.
const FAR_AHEAD: Duration = Duration::from_hours(24);

/// The last totals of counters.
#[derive(Debug)]
pub(crate) struct Increases {
    /// The last total of each series.
    totals: BTreeMap<(String, BTreeSet<Tag>), Total>,
    /// When each counter last had totals, in any series.
    observed: BTreeMap<String, Observed>,
    /// When the service began to watch counters, or began again after a loss of points.
    watching_since: SystemTime,
}

#[derive(Debug, Clone, Copy)]
struct Total {
    value: f64,
    /// When the counter was zero, if that is known.
    start: Option<SystemTime>,
    time: SystemTime,
}

#[derive(Debug, Clone, Copy)]
struct Observed {
    last: SystemTime,
    /// The observed time before `last`.
    before: Option<SystemTime>,
}

impl Increases {
    pub(crate) fn new(watching_since: SystemTime) -> Self {
        Self { totals: BTreeMap::new(), observed: BTreeMap::new(), watching_since }
    }

    /// Notes that the totals from before a time were lost. So a series that started before that time is not new.
    pub(crate) fn note_lost_before(&mut self, time: SystemTime) {
        self.watching_since = self.watching_since.max(time);
    }

    /// The increase since the previous total, as a count. The first total of a series is an increase if the series started after
    /// the previous run or while the service was watching. For any other first total, returns `None`, because the total before it
    /// is unknown. Also returns `None` for a total that is not newer than the previous one, unless the previous one is more than
    /// [`FAR_AHEAD`] ahead.
    ///
    /// Here, the time of a run is that of its points, which may be the start of its schedule slot. A delivery uses the time when
    /// the run really started. If a series started between these two times, the delivery does not contain its first total.
    pub(crate) fn count(&mut self, point: Point) -> Option<Point> {
        let total = Total { value: point.value.number()?, start: point.since, time: point.timestamp };
        let series = (point.key.clone(), point.tags.clone());
        let last = self.totals.get(&series).copied();
        if last.is_some_and(|last| is_at_or_after(last.time, total.time)) {
            return None;
        }
        let previous_run = self.observe(&point.key, total.time);
        self.totals.insert(series, total);
        let (added, since) = match last {
            None => {
                let is_new = |start: &SystemTime| {
                    *start >= self.watching_since || previous_run.is_some_and(|previous| *start > previous)
                };
                (total.value, total.start.filter(is_new)?)
            }
            Some(last) if total.is_after_restart(&last) => (total.value, total.start.unwrap_or(last.time)),
            Some(last) => (total.value - last.value, last.time),
        };
        let covered = total.time.duration_since(since).unwrap_or_default().as_secs().max(1);
        let kind = Kind::Count { interval: Duration::from_secs(covered) };
        Some(Point { kind, since: Some(since), value: added.into(), ..point })
    }

    /// Notes that a counter has a total at a time. Returns when any of its series last had a total before that time.
    fn observe(&mut self, key: &str, time: SystemTime) -> Option<SystemTime> {
        let first = Observed { last: time, before: None };
        let observed = self.observed.entry(key.to_owned()).or_insert(first);
        if !is_at_or_after(observed.last, time) {
            // If the clock of the last run was far ahead, the run before it is the previous run.
            let before = if observed.last < time { Some(observed.last) } else { observed.before };
            *observed = Observed { last: time, before };
        }
        observed.before.filter(|before| *before < time)
    }

    /// Forgets series and counters whose last total is from before `since`.
    pub(crate) fn prune(&mut self, since: SystemTime) {
        self.totals.retain(|_, total| total.time >= since);
        self.observed.retain(|_, observed| observed.last >= since);
    }
}

/// Whether a time is equal to another one or later, by at most [`FAR_AHEAD`].
fn is_at_or_after(time: SystemTime, other: SystemTime) -> bool {
    time.duration_since(other).is_ok_and(|ahead| ahead <= FAR_AHEAD)
}

impl Total {
    /// Whether the counter has restarted at zero since an earlier total.
    fn is_after_restart(&self, earlier: &Self) -> bool {
        let restarted = matches!((self.start, earlier.start), (Some(now), Some(before)) if now > before);
        restarted || self.value < earlier.value
    }
}

#[cfg(test)]
mod unit_tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn total(seconds: u64, value: f64, start: Option<u64>) -> Point {
        Point {
            key: "jobs.done".to_owned(),
            kind: Kind::Counter,
            unit: None,
            tags: BTreeSet::new(),
            timestamp: at(seconds),
            since: start.map(at),
            value: value.into(),
        }
    }

    #[test]
    fn a_count_is_the_increase_since_the_previous_total() {
        let mut increases = Increases::new(at(1000));
        let mut added = |seconds, value, start| {
            let count = increases.count(total(seconds, value, start))?;
            Some((count.value.number().unwrap(), count.kind.interval().unwrap().as_secs()))
        };

        assert_eq!(added(60, 5.0, None), None, "a baseline");
        assert_eq!(added(120, 7.0, None), Some((2.0, 60)));
        assert_eq!(added(120, 9.0, None), None, "another run at the same time");
        assert_eq!(added(180, 1.0, None), Some((1.0, 60)), "the counter has restarted");
        assert_eq!(added(240, 1.0, Some(200)), Some((0.0, 60)));
        assert_eq!(added(300, 4.0, Some(260)), Some((4.0, 40)), "the counter has restarted at a known time");
    }

    #[test]
    fn a_clock_that_was_far_ahead_does_not_stop_a_counter() {
        let mut increases = Increases::new(at(0));
        let mut added = |seconds, value| increases.count(total(seconds, value, None))?.value.number();

        assert_eq!(added(60, 1.0), None, "a baseline");
        assert_eq!(added(200_000, 3.0), Some(2.0), "the clock is far ahead");
        assert_eq!(added(120, 4.0), Some(1.0), "the clock is right again");
        assert_eq!(added(180, 6.0), Some(2.0));
    }

    #[test]
    fn a_clock_that_was_far_ahead_does_not_hide_the_previous_run() {
        let mut increases = Increases::new(at(1_000_000));
        for seconds in [60, 200_000] {
            increases.count(total(seconds, 1.0, None));
        }

        let tags = BTreeSet::from([Tag::parse("queue:new").unwrap()]);
        let added = increases.count(Point { tags, ..total(120, 5.0, Some(70)) }).unwrap();

        assert_eq!(added.value.number(), Some(5.0), "it is newer than the run at 60");
    }

    #[test]
    fn the_first_total_of_a_series_is_an_increase_if_the_series_is_new() {
        let mut increases = Increases::new(at(200));
        let mut added = |queue: &str, seconds, start| {
            let tags = BTreeSet::from([Tag::parse(queue).unwrap()]);
            let count = increases.count(Point { tags, ..total(seconds, 5.0, start) })?;
            Some((count.value.number().unwrap(), count.kind.interval().unwrap().as_secs()))
        };

        assert_eq!(added("queue:a", 60, Some(10)), None, "no run is known before this one");
        for queue in ["queue:b", "queue:c"] {
            assert_eq!(added(queue, 120, Some(70)), Some((5.0, 50)), "{queue} is newer than the last run");
        }
        assert_eq!(added("queue:d", 120, Some(50)), None, "it may have grown before the previous run");
        assert_eq!(added("queue:e", 120, None), None);
        for (start, is_increase) in [(199, false), (200, true)] {
            let count = Increases::new(at(200)).count(total(300, 5.0, Some(start)));
            assert_eq!(count.is_some(), is_increase, "it started at {start}, and the service at 200");
        }
    }
}
