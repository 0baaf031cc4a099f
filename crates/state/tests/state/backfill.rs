//! Values that a backfill adds to the history.

use std::time::SystemTime;

use system_health_state::{BackfillResult, BackfilledOutcome, PastResult, Store};

use crate::harness::{at, durations, report};

/// The result of a backfill of `jobs.waiting` at a time.
fn backfill(store: &Store, seconds: u64, values: &[f64]) -> BackfillResult {
    let mut backfilled = store.backfill(&[report(seconds, values)]).unwrap();
    let Some(BackfilledOutcome { key, time, result, .. }) = backfilled.pop() else {
        panic!("no outcome has a value")
    };
    assert!(backfilled.is_empty(), "only values are added: {backfilled:?}");
    assert_eq!((key.as_str(), time), ("jobs.waiting", at(seconds)));
    result
}

/// The values of `jobs.waiting` in the history, and whether they were backfilled.
fn history(store: &Store) -> Vec<(SystemTime, Vec<f64>, bool)> {
    let entries = store.history(Some("jobs.waiting"), at(0)).unwrap();
    let values = |found| match found {
        PastResult::Value { samples, .. } => {
            samples.iter().map(|sample| sample.value.number().unwrap()).collect()
        }
        other => panic!("{other:?}"),
    };
    entries.into_iter().map(|entry| (entry.time, values(entry.result), entry.backfilled)).collect()
}

#[test]
fn values_are_added_for_a_time_without_results() {
    let store = Store::in_memory().unwrap();
    store.record(&report(50, &[9.0]), &[]).unwrap();

    assert_eq!(backfill(&store, 20, &[3.0, 4.0]), BackfillResult::Added);
    assert_eq!(backfill(&store, 10, &[1.0]), BackfillResult::Added);

    let expected = [(at(10), vec![1.0], true), (at(20), vec![3.0, 4.0], true), (at(50), vec![9.0], false)];
    assert_eq!(history(&store), expected);
    let all = store.history(None, at(0)).unwrap();
    assert_eq!(all.iter().filter(|entry| entry.backfilled).count(), 2, "no data and errors are not added");
}

#[test]
fn a_second_backfill_changes_nothing_and_says_what_differs() {
    let store = Store::in_memory().unwrap();
    assert_eq!(backfill(&store, 10, &[1.0, 2.0]), BackfillResult::Added);

    assert_eq!(backfill(&store, 10, &[1.0, 2.0]), BackfillResult::Equal);
    let BackfillResult::Different { stored, computed } = backfill(&store, 10, &[1.0, 5.0]) else { panic!() };

    let values = |samples: &[system_health_state::PastSample]| {
        samples.iter().map(|sample| sample.value.number().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((values(&stored), values(&computed)), (vec![1.0, 2.0], vec![1.0, 5.0]));
    assert_eq!(history(&store), [(at(10), vec![1.0, 2.0], true)]);
}

#[test]
fn a_second_backfill_of_an_equal_distribution_changes_nothing() {
    let store = Store::in_memory().unwrap();
    let backfill = |values: &[f64]| store.backfill(&[durations(10, values)]).unwrap().pop().unwrap().result;
    // Reading JSON changes the last digit of this number.
    let value = 1.0 / 11.0;

    assert_eq!(backfill(&[value]), BackfillResult::Added);
    assert_eq!(backfill(&[value]), BackfillResult::Equal);
    assert!(matches!(backfill(&[value, value]), BackfillResult::Different { .. }));
}

#[test]
fn a_result_of_a_run_is_never_changed() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0]), &[]).unwrap();

    assert_eq!(backfill(&store, 10, &[2.0]), BackfillResult::KeptFromRun);

    assert_eq!(history(&store), [(at(10), vec![1.0], false)]);
}

#[test]
fn a_run_with_the_same_time_counts_in_place_of_a_backfill() {
    let store = Store::in_memory().unwrap();
    assert_eq!(backfill(&store, 10, &[2.0]), BackfillResult::Added);

    store.record(&report(10, &[1.0]), &[]).unwrap();

    assert_eq!(history(&store), [(at(10), vec![1.0], false)]);
}

#[test]
fn no_destination_and_no_time_of_a_last_value_is_affected() {
    let store = Store::in_memory().unwrap();
    store.record(&report(50, &[9.0]), &["a"]).unwrap();
    let before = (store.pending_count("a").unwrap(), store.last_value_times().unwrap());

    assert_eq!(backfill(&store, 20, &[3.0]), BackfillResult::Added);

    assert_eq!((store.pending_count("a").unwrap(), store.last_value_times().unwrap()), before);
    let delivered = store.last_for_delivery("jobs.waiting", "", at(100)).unwrap();
    assert_eq!(delivered.map(|(time, _)| time), Some(at(50)));
}

#[test]
fn old_values_are_deleted_like_runs() {
    let store = Store::in_memory().unwrap();
    assert_eq!(backfill(&store, 10, &[1.0]), BackfillResult::Added);
    assert_eq!(backfill(&store, 20, &[2.0]), BackfillResult::Added);

    assert_eq!(store.delete_older_than(at(15)).unwrap(), 1);

    assert_eq!(history(&store), [(at(20), vec![2.0], true)]);
}
