//! The promise of the outbox, under any order of runs, deliveries, crashes and restarts: every point
//! is delivered at least once while the backend takes it, and is there exactly once at the end.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};
use system_health_registry::{Point, Tag};
use system_health_state::Store;

use crate::harness::{at, report};

const DESTINATION: &str = "datadog";
/// The backend takes points of the last ten seconds.
const WINDOW: u64 = 10;

#[derive(Debug, Clone)]
enum Step {
    /// A run collects so many values, some seconds later.
    Record { later: u64, values: usize },
    /// The backend takes the first of the waiting points, and the process dies before it notes it.
    DeliverAndCrash(usize),
    /// The backend takes those of the first waiting points for which this says so.
    Deliver(Vec<bool>),
    /// What is too old is dropped.
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u64, 0..4_usize).prop_map(|(later, values)| Step::Record { later, values }),
        (0..6_usize).prop_map(Step::DeliverAndCrash),
        vec(any::<bool>(), 0..6).prop_map(Step::Deliver),
        Just(Step::Expire),
    ]
}

/// A series and a time; what comes later replaces what was there.
type Place = (String, Vec<Tag>, std::time::SystemTime);

fn place(point: &Point) -> Place {
    (point.key.clone(), point.tags.iter().cloned().collect(), point.timestamp)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_point_arrives_and_none_is_doubled(steps in vec(step(), 1..25)) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap().store;
        let mut backend = BTreeMap::<Place, f64>::new();
        let mut recorded = BTreeMap::<Place, f64>::new();
        let mut expired = BTreeSet::<Place>::new();
        let (mut now, mut value) = (100, 0.0);
        for step in steps {
            match step {
                Step::Record { later, values } => {
                    now += later;
                    let values: Vec<f64> = (0..values).map(|_| { value += 1.0; value }).collect();
                    let report = report(now, &values);
                    recorded.extend(report.points().map(|point| (place(&point), point.value)));
                    store.record(&report, Some(DESTINATION)).unwrap();
                }
                Step::DeliverAndCrash(count) => {
                    for pending in store.pending(DESTINATION, count, None).unwrap() {
                        backend.insert(place(&pending.point), pending.point.value);
                    }
                    drop(store);
                    store = Store::open(folder.path()).unwrap().store;
                }
                Step::Deliver(taken) => {
                    let page = store.pending(DESTINATION, taken.len(), None).unwrap();
                    let delivered = page.iter().zip(&taken).filter(|(_, taken)| **taken);
                    let mut ids = Vec::new();
                    for (pending, _) in delivered {
                        backend.insert(place(&pending.point), pending.point.value);
                        ids.push(pending.id);
                    }
                    let waiting = store.waiting(DESTINATION).unwrap();
                    store.settle(DESTINATION, &ids).unwrap();
                    prop_assert_eq!(store.waiting(DESTINATION).unwrap(), waiting - ids.len() as u64);
                }
                Step::Expire => {
                    let oldest = at(now - WINDOW);
                    let waiting = store.pending(DESTINATION, 1_000, None).unwrap();
                    let old: Vec<Place> =
                        waiting.iter().map(|it| place(&it.point)).filter(|it| it.2 < oldest).collect();
                    let dropped = store.expire(&(oldest..at(now + WINDOW))).unwrap();
                    prop_assert_eq!(dropped, old.len() as u64);
                    expired.extend(old);
                }
            }
        }
        for pending in store.pending(DESTINATION, 1_000, None).unwrap() {
            backend.insert(place(&pending.point), pending.point.value);
        }
        for (place, value) in recorded {
            match backend.get(&place) {
                Some(arrived) => prop_assert!(*arrived <= value, "never a value that was not collected there"),
                None => prop_assert!(expired.contains(&place), "{:?} was lost", place),
            }
            if !expired.contains(&place) {
                prop_assert_eq!(backend.get(&place), Some(&value), "the last write wins");
            }
        }
    }
}
