//! What was added to counters since the previous run. Datadog gets these increases instead of totals.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use system_health_registry::{Kind, Point, Tag};

/// The last total of each counter.
#[derive(Debug, Default)]
pub(crate) struct Increases(BTreeMap<(String, BTreeSet<Tag>), Total>);

#[derive(Debug, Clone, Copy)]
struct Total {
    value: f64,
    /// When the counter was zero, if that is known.
    start: Option<SystemTime>,
    time: SystemTime,
}

impl Increases {
    /// The increase since the previous total, as a count. `None` for the first total of a counter, because the total before it is
    /// unknown, and for a total that is not newer than the previous one.
    pub(crate) fn count(&mut self, point: Point) -> Option<Point> {
        let total = Total { value: point.value.number()?, start: point.since, time: point.timestamp };
        let series = (point.key.clone(), point.tags.clone());
        let last = self.0.get(&series).copied();
        if last.is_some_and(|last| total.time <= last.time) {
            return None;
        }
        self.0.insert(series, total);
        let last = last?;
        let restarted = matches!((total.start, last.start), (Some(now), Some(before)) if now > before);
        let (added, since) = if restarted || total.value < last.value {
            (total.value, total.start.unwrap_or(last.time))
        } else {
            (total.value - last.value, last.time)
        };
        let covered = total.time.duration_since(since).unwrap_or_default().as_secs().max(1);
        let kind = Kind::Count { interval: Duration::from_secs(covered) };
        Some(Point { kind, since: Some(since), value: added.into(), ..point })
    }

    /// Forgets counters whose last total is from before `since`.
    pub(crate) fn prune(&mut self, since: SystemTime) {
        self.0.retain(|_, total| total.time >= since);
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
        let mut increases = Increases::default();
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
}
