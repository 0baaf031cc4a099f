//! What waits for a destination.

use system_health_registry::Point;
use system_health_state::{Pending, PendingId, Store};

use crate::harness::{at, report};

const HERE: &str = "datadog here";
const THERE: &str = "datadog there";

fn pending(store: &Store) -> Vec<Pending> {
    store.pending(HERE, 100, None).unwrap()
}

#[test]
fn points_wait_as_they_were_collected_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(1, &[1.5, -0.1, f64::MAX, 5e-324]);
    let run = Store::open(folder.path()).unwrap().store.record(&report, Some(HERE)).unwrap();

    let store = Store::open(folder.path()).unwrap().store;

    let waiting = pending(&store);
    let points: Vec<Point> = waiting.iter().map(|pending| pending.point.clone()).collect();
    assert_eq!(points, report.points().collect::<Vec<_>>());
    assert!(waiting.iter().all(|pending| pending.id.run() == run));
    assert_eq!(store.waiting(HERE).unwrap(), 4);
}

#[test]
fn only_what_is_meant_for_a_destination_waits_there() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[1.0]), Some(HERE)).unwrap();
    store.record(&report(2, &[2.0]), Some(THERE)).unwrap();
    store.record(&report(3, &[3.0]), None).unwrap();

    assert_eq!(pending(&store).len(), 1);
    let outboxes = store.outboxes().unwrap();
    assert_eq!(outboxes.into_iter().collect::<Vec<_>>(), [(HERE.into(), 1), (THERE.into(), 1)]);
}

#[test]
fn pages_follow_each_other_the_first_collected_first() {
    let store = Store::in_memory().unwrap();
    // A clock that was set back between the runs.
    store.record(&report(9, &[1.0, 2.0]), Some(HERE)).unwrap();
    store.record(&report(5, &[3.0]), Some(HERE)).unwrap();

    let first = store.pending(HERE, 2, None).unwrap();
    let second = store.pending(HERE, 2, Some(first[1].id)).unwrap();
    let third = store.pending(HERE, 2, Some(second[0].id)).unwrap();

    let values = |page: &[Pending]| page.iter().map(|pending| pending.point.value).collect::<Vec<_>>();
    assert_eq!((values(&first), values(&second), third), (vec![1.0, 2.0], vec![3.0], vec![]));
}

#[test]
fn settled_points_are_gone_and_settling_them_again_is_no_error() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[1.0, 2.0, 3.0]), Some(HERE)).unwrap();
    let waiting = pending(&store);

    for _ in 0..2 {
        store.settle(HERE, &[waiting[0].id, waiting[2].id]).unwrap();
    }

    assert_eq!(pending(&store), [waiting[1].clone()]);
}

#[test]
fn two_processes_may_settle_what_overlaps() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), Some(HERE)).unwrap();
    let ids: Vec<PendingId> = pending(&store).iter().map(|pending| pending.id).collect();

    for settled in [&ids[2..=2], &ids[4..=5], &ids[1..=4], &ids[1..=1]] {
        store.settle(HERE, settled).unwrap();
    }

    let left: Vec<PendingId> = pending(&store).iter().map(|pending| pending.id).collect();
    assert_eq!(left, [ids[0], ids[6]]);
    assert_eq!(store.waiting(HERE).unwrap(), 2);
    let behind: Vec<Pending> = store.pending(HERE, 9, Some(ids[0])).unwrap();
    assert_eq!(behind.iter().map(|pending| pending.id).collect::<Vec<_>>(), [ids[6]]);
}

#[test]
fn what_a_repeated_run_finds_anew_replaces_what_waits() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[1.0, 2.0]), Some(HERE)).unwrap();
    store.record(&report(1, &[1.5]), Some(THERE)).unwrap();
    store.record(&report(2, &[3.0]), Some(HERE)).unwrap();

    store.record(&report(1, &[4.0]), Some(HERE)).unwrap();

    let values = pending(&store).iter().map(|pending| pending.point.value).collect::<Vec<_>>();
    assert_eq!(values, [2.0, 3.0, 4.0]);
    assert_eq!(store.waiting(THERE).unwrap(), 1);
}

#[test]
fn what_is_too_old_or_far_ahead_is_dropped_and_counted_and_stays_in_the_history() {
    let store = Store::in_memory().unwrap();
    for (seconds, value) in [(10, 1.0), (20, 2.0), (30, 3.0), (40, 4.0)] {
        store.record(&report(seconds, &[value]), Some(if value < 4.0 { HERE } else { THERE })).unwrap();
    }

    assert_eq!(store.expire(&(at(20)..at(40))).unwrap(), 2);
    assert_eq!(store.expire(&(at(20)..at(40))).unwrap(), 0);

    assert_eq!(pending(&store).iter().map(|it| it.point.value).collect::<Vec<_>>(), [2.0, 3.0]);
    assert_eq!(store.waiting(THERE).unwrap(), 0);
    assert_eq!(store.history(Some("jobs.waiting"), at(0)).unwrap().len(), 4);
}
