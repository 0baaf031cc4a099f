//! The points that wait for a destination.

use system_health_registry::Point;
use system_health_state::{PendingEvent, PendingId, PendingPoint, Recipient, Store};

use crate::harness::{at, report};

const HERE: &str = "datadog here";
const THERE: &str = "datadog there";

fn pending(store: &Store) -> Vec<PendingPoint> {
    store.pending(HERE, 100, None).unwrap()
}

fn values(store: &Store, destination: &str) -> Vec<f64> {
    let pending = store.pending(destination, 100, None).unwrap();
    pending.iter().map(|pending| pending.point.value.number().unwrap()).collect()
}

#[test]
fn waiting_points_survive_a_restart_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(1, &[1.5, -0.1, f64::MAX, 5e-324]);
    let run = Store::open(folder.path()).unwrap().store.record(&report, &[HERE]).unwrap();

    let store = Store::open(folder.path()).unwrap().store;

    let waiting = pending(&store);
    let points: Vec<Point> = waiting.iter().map(|pending| pending.point.clone()).collect();
    assert_eq!(points, report.points().collect::<Vec<_>>());
    assert!(waiting.iter().all(|pending| pending.id.run() == run));
    assert_eq!(store.pending_count(HERE).unwrap(), 4);
}

#[test]
fn a_run_is_added_only_to_the_outboxes_of_its_destinations() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[1.0]), &[HERE]).unwrap();
    store.record(&report(2, &[2.0]), &[THERE]).unwrap();
    store.record(&report(3, &[3.0]), &[]).unwrap();

    assert_eq!(pending(&store).len(), 1);
    let outboxes = store.pending_counts().unwrap();
    assert_eq!(outboxes.into_iter().collect::<Vec<_>>(), [(HERE.into(), 1), (THERE.into(), 1)]);
}

#[test]
fn pages_are_sorted_by_run_and_position() {
    let store = Store::in_memory().unwrap();
    // The clock was set back between the runs.
    store.record(&report(9, &[1.0, 2.0]), &[HERE]).unwrap();
    store.record(&report(5, &[3.0]), &[HERE]).unwrap();

    let first = store.pending(HERE, 2, None).unwrap();
    let second = store.pending(HERE, 2, Some(first[1].id)).unwrap();
    let third = store.pending(HERE, 2, Some(second[0].id)).unwrap();

    let values = |page: &[PendingPoint]| {
        page.iter().map(|pending| pending.point.value.number().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((values(&first), values(&second), third), (vec![1.0, 2.0], vec![3.0], vec![]));
}

#[test]
fn settling_points_twice_is_allowed() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[1.0, 2.0, 3.0]), &[HERE]).unwrap();
    let waiting = pending(&store);

    for _ in 0..2 {
        store.settle(HERE, &[waiting[0].id, waiting[2].id]).unwrap();
    }

    assert_eq!(pending(&store), [waiting[1].clone()]);
}

#[test]
fn overlapping_ranges_can_be_settled() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), &[HERE]).unwrap();
    let ids: Vec<PendingId> = pending(&store).iter().map(|pending| pending.id).collect();

    for settled in [&ids[2..=2], &ids[4..=5], &ids[1..=4], &ids[1..=1]] {
        store.settle(HERE, settled).unwrap();
    }

    let remaining: Vec<PendingId> = pending(&store).iter().map(|pending| pending.id).collect();
    assert_eq!(remaining, [ids[0], ids[6]]);
    assert_eq!(store.pending_count(HERE).unwrap(), 2);
    let after_first: Vec<PendingPoint> = store.pending(HERE, 9, Some(ids[0])).unwrap();
    assert_eq!(after_first.iter().map(|pending| pending.id).collect::<Vec<_>>(), [ids[6]]);
}

#[test]
fn points_of_a_repeated_run_replace_waiting_points() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[1.0, 2.0]), &[HERE]).unwrap();
    store.record(&report(1, &[1.5]), &[THERE]).unwrap();
    store.record(&report(2, &[3.0]), &[HERE]).unwrap();

    store.record(&report(1, &[4.0]), &[HERE]).unwrap();

    assert_eq!(values(&store, HERE), [2.0, 3.0, 4.0]);
    assert_eq!(store.pending_count(THERE).unwrap(), 1);
}

#[test]
fn points_that_are_too_old_or_too_new_are_dropped_from_the_outbox_only() {
    let store = Store::in_memory().unwrap();
    for (seconds, value) in [(10, 1.0), (20, 2.0), (30, 3.0), (40, 4.0)] {
        store.record(&report(seconds, &[value]), &[if value < 4.0 { HERE } else { THERE }]).unwrap();
    }

    assert_eq!(store.expire(HERE, &(at(20)..at(30))).unwrap(), 2);
    assert_eq!(store.expire(HERE, &(at(20)..at(30))).unwrap(), 0);

    assert_eq!(values(&store, HERE), [2.0]);
    assert_eq!(values(&store, THERE), [4.0], "the other outbox is not changed");
    assert_eq!(store.history(Some("jobs.waiting"), at(0)).unwrap().len(), 4);
}

#[test]
fn outboxes_are_independent() {
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[1.0, 2.0, 3.0]), &[HERE, THERE, HERE]).unwrap();
    let ids: Vec<PendingId> = pending(&store).iter().map(|pending| pending.id).collect();

    store.settle(HERE, &ids[..2]).unwrap();

    assert_eq!((values(&store, HERE), values(&store, THERE)), (vec![3.0], vec![1.0, 2.0, 3.0]));
    store.record(&report(1, &[4.0]), &[THERE]).unwrap();
    assert_eq!((values(&store, HERE), values(&store, THERE)), (vec![3.0], vec![2.0, 3.0, 4.0]));
}

#[test]
fn points_that_would_add_up_enter_the_outbox_once_for_each_series_and_time() {
    let once = Recipient { adds_up: vec!["count"], gets_one_point_per_time: true, ..HERE.into() };
    let store = Store::in_memory().unwrap();
    let recipients = [once, THERE.into()];
    store.record_for(&report(1, &[1.0, 2.0]), &recipients).unwrap();
    let first = pending(&store);
    store.settle(HERE, &[first[0].id]).unwrap();

    let second = store.record_for(&report(1, &[3.0, 4.0, 5.0]), &recipients).unwrap();
    let third = store.record_for(&report(1, &[6.0, 7.0, 8.0]), &recipients).unwrap();
    let next = store.record_for(&report(2, &[9.0]), &recipients).unwrap();

    assert_eq!(values(&store, HERE), [2.0, 5.0, 9.0], "the first value of each series and time");
    assert_eq!(values(&store, THERE), [6.0, 7.0, 8.0, 9.0], "the last value of each series and time");
    let repeated = [second, third, next].map(|run| store.repeated_count(HERE, run).unwrap());
    assert_eq!(repeated, [2, 3, 0]);
    assert_eq!(store.repeated_count(THERE, third).unwrap(), 0);
}

#[test]
fn a_run_for_another_destination_does_not_count_as_a_repeat() {
    let once = Recipient { adds_up: vec!["count"], gets_one_point_per_time: true, ..HERE.into() };
    let store = Store::in_memory().unwrap();
    store.record(&report(1, &[1.0]), &[THERE]).unwrap();

    store.record_for(&report(1, &[2.0]), &[once]).unwrap();

    assert_eq!(values(&store, HERE), [2.0]);
}

#[test]
fn old_points_and_events_of_a_removed_destination_are_dropped_and_counted() {
    let event =
        |id: &str, seconds| PendingEvent { id: id.to_owned(), time: at(seconds), body: String::new() };
    let store = Store::in_memory().unwrap();
    for seconds in [10, 20, 30] {
        store.record(&report(seconds, &[1.0, 2.0]), &[HERE, THERE]).unwrap();
    }
    store.add_events(THERE, &[event("old", 10), event("new", 30)]).unwrap();
    let being_sent = store.pending(THERE, 1, None).unwrap()[0].id;
    store.begin_sending(THERE, &[being_sent], at(10)).unwrap();

    let dropped = store.drop_abandoned(&[HERE], at(30)).unwrap();

    assert_eq!(dropped.into_iter().collect::<Vec<_>>(), [(THERE.to_owned(), 5)]);
    assert_eq!((store.pending_count(HERE).unwrap(), store.pending_count(THERE).unwrap()), (6, 2));
    assert_eq!(store.pending_events(THERE).unwrap(), [event("new", 30)]);
    assert_eq!(store.drop_abandoned(&[HERE], at(30)).unwrap().len(), 0);
    assert_eq!(store.history(Some("jobs.waiting"), at(0)).unwrap().len(), 3);
}
