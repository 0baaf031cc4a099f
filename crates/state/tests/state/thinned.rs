//! A history with too many rows, from which whole runs are left out.

use std::time::SystemTime;

use system_health_state::{BackfillResult, HistoryEntry, HistoryFilter, PastResult, Store, ThinnedHistory};

use crate::harness::{at, queues, report};

/// The filter for all results of a metric.
fn of_key(key: &str) -> HistoryFilter<'_> {
    HistoryFilter { key: Some(key), subject: None, since: at(0) }
}

/// The thinned history of `jobs.waiting`: its `one_run_of`, and the times of its entries.
fn waiting(store: &Store, max_rows: usize) -> Option<(usize, Vec<SystemTime>)> {
    let thinned = store.thinned_history(max_rows, &of_key("jobs.waiting")).unwrap()?;
    Some((thinned.one_run_of, times(&thinned)))
}

fn times(thinned: &ThinnedHistory) -> Vec<SystemTime> {
    thinned.entries.iter().map(|entry| entry.time).collect()
}

fn first_value(entry: &HistoryEntry) -> f64 {
    match &entry.result {
        PastResult::Value { samples, .. } => samples[0].value.number().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_nth_run_is_included_and_the_newest_one_always() {
    let store = Store::in_memory().unwrap();
    for time in (10..=100).step_by(10) {
        store.record(&report(time, &[1.0]), &[]).unwrap();
    }

    for (max_rows, one_run_of, kept) in [
        (10, 1, &[10, 20, 30, 40, 50, 60, 70, 80, 90, 100][..]),
        (9, 2, &[20, 40, 60, 80, 100]),
        (5, 2, &[20, 40, 60, 80, 100]),
        (4, 3, &[10, 40, 70, 100]),
        (3, 4, &[20, 60, 100]),
        (2, 5, &[50, 100]),
        (1, 10, &[100]),
    ] {
        let kept = kept.iter().map(|time| at(*time)).collect();
        assert_eq!(waiting(&store, max_rows), Some((one_run_of, kept)), "at most {max_rows} rows");
    }
    let all = store.thinned_history(10, &of_key("jobs.waiting")).unwrap().unwrap();
    assert_eq!(all.entries, store.history(Some("jobs.waiting"), at(0)).unwrap());
}

#[test]
fn a_run_is_included_as_a_whole() {
    let store = Store::in_memory().unwrap();
    for time in [10, 20, 30] {
        store.record(&queues(time, &["a", "broken", "partial"]), &[]).unwrap();
    }

    // One value, one error, and a value with a failed item: four rows in each run.
    let thinned = store.thinned_history(8, &of_key("queue.length")).unwrap().unwrap();

    let found: Vec<_> = thinned.entries.iter().map(|entry| (entry.subject.as_str(), entry.time)).collect();
    let expected = ["a", "broken", "partial"].map(|subject| [(subject, at(10)), (subject, at(30))]);
    assert_eq!((thinned.one_run_of, found), (2, expected.concat()));
    let only_one = store.thinned_history(7, &of_key("queue.length")).unwrap().unwrap();
    assert_eq!((only_one.one_run_of, times(&only_one)), (3, vec![at(30); 3]));
}

#[test]
fn runs_without_a_result_of_the_metric_do_not_count() {
    let store = Store::in_memory().unwrap();
    for time in [10, 30, 50, 70] {
        store.record(&report(time, &[1.0]), &[]).unwrap();
        store.record(&queues(time + 10, &["a"]), &[]).unwrap();
    }

    assert_eq!(waiting(&store, 2), Some((2, vec![at(30), at(70)])));
}

#[test]
fn runs_with_the_same_time_count_as_one() {
    let store = Store::in_memory().unwrap();
    for (time, value) in [(10, 1.0), (10, 2.0), (20, 3.0), (30, 4.0)] {
        store.record(&report(time, &[value]), &[]).unwrap();
    }

    // The rows of a replaced result count, too.
    let thinned = store.thinned_history(3, &of_key("jobs.waiting")).unwrap().unwrap();

    assert_eq!((thinned.one_run_of, times(&thinned)), (2, vec![at(10), at(30)]));
    assert_eq!(thinned.entries.iter().map(first_value).collect::<Vec<_>>(), [2.0, 4.0]);
    assert_eq!(waiting(&store, 4).unwrap().0, 1);
}

#[test]
fn backfilled_runs_count_as_runs() {
    let store = Store::in_memory().unwrap();
    store.record(&report(30, &[3.0]), &[]).unwrap();
    store.record(&report(40, &[4.0]), &[]).unwrap();
    for time in [10, 20] {
        let added = store.backfill(&[report(time, &[1.0])]).unwrap();
        assert_eq!(added[0].result, BackfillResult::Added);
    }

    let thinned = store.thinned_history(2, &of_key("jobs.waiting")).unwrap().unwrap();

    let found: Vec<_> = thinned.entries.iter().map(|entry| (entry.time, entry.backfilled)).collect();
    assert_eq!((thinned.one_run_of, found), (2, vec![(at(20), true), (at(40), false)]));
}

#[test]
fn runs_without_a_value_are_included_like_others() {
    let store = Store::in_memory().unwrap();
    for time in [10, 20, 30] {
        store.record(&report(time, &[1.0]), &[]).unwrap();
    }

    for (key, gap) in [
        ("jobs.no_data", PastResult::NoData("nothing yet".into())),
        ("jobs.broken", PastResult::Error("refused".into())),
    ] {
        let thinned = store.thinned_history(2, &of_key(key)).unwrap().unwrap();
        assert_eq!((thinned.one_run_of, times(&thinned)), (2, vec![at(10), at(30)]), "{key}");
        assert!(thinned.entries.iter().all(|entry| entry.result == gap), "{thinned:?}");
    }
}

#[test]
fn the_newest_run_is_never_left_out() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0]), &[]).unwrap();
    store.record(&report(20, &[1.0; 5]), &[]).unwrap();
    store.record(&report(30, &[1.0]), &[]).unwrap();
    assert_eq!(waiting(&store, 2), Some((2, vec![at(10), at(30)])), "an older large run is left out");

    store.record(&report(40, &[1.0; 3]), &[]).unwrap();

    assert_eq!(waiting(&store, 3), Some((4, vec![at(40)])));
    assert_eq!(waiting(&store, 2), None, "the newest run alone has three rows");
}

#[test]
fn a_history_without_results_has_nothing_to_leave_out() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0]), &[]).unwrap();

    let thinned = store.thinned_history(1, &of_key("queue.length")).unwrap().unwrap();

    assert_eq!((thinned.one_run_of, thinned.entries), (1, Vec::new()));
}

#[test]
fn the_results_of_one_subject_can_be_read_alone() {
    let store = Store::in_memory().unwrap();
    for time in [10, 20, 30] {
        let names: &[&str] = if time == 20 { &["a", "b"] } else { &["a", "b", "c"] };
        store.record(&queues(time, names), &[]).unwrap();
    }
    let of_subject = |subject| HistoryFilter { subject: Some(subject), ..of_key("queue.length") };
    let read = |max_rows, subject| {
        let entries = store.history_up_to(max_rows, &of_subject(subject)).unwrap()?;
        assert!(entries.iter().all(|entry| entry.subject == subject), "{entries:?}");
        Some(entries.iter().map(|entry| entry.time).collect::<Vec<_>>())
    };

    assert_eq!(read(3, "a"), Some(vec![at(10), at(20), at(30)]));
    assert_eq!(read(2, "a"), None);
    assert_eq!(read(2, "nobody"), Some(vec![]));
    let thinned = |max_rows, subject| {
        let thinned = store.thinned_history(max_rows, &of_subject(subject)).unwrap().unwrap();
        (thinned.one_run_of, times(&thinned))
    };
    assert_eq!(thinned(3, "a"), (1, vec![at(10), at(20), at(30)]));
    assert_eq!(thinned(2, "a"), (2, vec![at(10), at(30)]));
    assert_eq!(thinned(2, "c"), (1, vec![at(10), at(30)]), "the run at 20 has no subject `c`");
}
