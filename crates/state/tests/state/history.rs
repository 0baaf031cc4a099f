//! The results of earlier runs.

use system_health_state::{HistoryEntry, HistoryFilter, PastFailures, PastResult, Store};

use crate::harness::{at, queues, report};

fn values(entry: &HistoryEntry) -> Vec<f64> {
    match &entry.result {
        PastResult::Value { samples, .. } => {
            samples.iter().map(|sample| sample.value.number().unwrap()).collect()
        }
        PastResult::NoData(_) | PastResult::Error(_) => Vec::new(),
    }
}

#[test]
fn the_history_has_every_outcome_sorted_by_key_and_time() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0, 2.0]), &[]).unwrap();
    store.record(&report(20, &[3.0]), &[]).unwrap();

    let all = store.history(None, at(0)).unwrap();

    let keys: Vec<(&str, bool)> =
        all.iter().map(|entry| (entry.key.as_str(), entry.time == at(10))).collect();
    let expected = ["jobs.broken", "jobs.no_data", "jobs.waiting"].map(|key| [(key, true), (key, false)]);
    assert_eq!(keys, expected.concat());
    assert_eq!(all[0].result, PastResult::Error("refused".into()));
    assert_eq!(all[2].result, PastResult::NoData("nothing yet".into()));
    assert_eq!((values(&all[4]), values(&all[5])), (vec![1.0, 2.0], vec![3.0]));
    let PastResult::Value { samples, failures: None } = &all[5].result else { panic!("{:?}", all[5]) };
    assert_eq!(samples[0].unit.as_deref(), Some("job"));
    let tags: Vec<&str> = samples[0].tags.iter().map(system_health_registry::Tag::as_str).collect();
    assert_eq!(tags, ["env:test", "queue:0", "team:platform"]);
}

#[test]
fn the_history_can_be_limited_to_a_metric_and_a_time() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0]), &[]).unwrap();
    store.record(&report(20, &[2.0]), &[]).unwrap();

    let chosen = store.history(Some("jobs.waiting"), at(20)).unwrap();

    assert_eq!(chosen.iter().map(values).collect::<Vec<_>>(), [[2.0]]);
    assert!(store.has_results_of("jobs.no_data").unwrap() && !store.has_results_of("jobs").unwrap());
    assert!(store.recorded_keys().unwrap().contains("jobs.no_data"));
    assert!(!store.recorded_keys().unwrap().contains("jobs"));
}

#[test]
fn only_the_last_of_several_runs_with_the_same_time_is_included() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0]), &[]).unwrap();
    store.record(&report(10, &[2.0]), &[]).unwrap();

    let entries = store.history(Some("jobs.waiting"), at(0)).unwrap();

    assert_eq!(entries.iter().map(values).collect::<Vec<_>>(), [[2.0]]);
}

#[test]
fn a_history_with_too_many_rows_is_not_returned() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0, 2.0]), &[]).unwrap();
    store.record(&report(20, &[3.0]), &[]).unwrap();
    store.record(&queues(20, &["partial", "broken"]), &[]).unwrap();
    let filter = |key| HistoryFilter { key, subject: None, since: at(0) };
    let read =
        |max_rows, key| store.history_up_to(max_rows, &filter(Some(key))).unwrap().map(|all| all.len());

    assert_eq!(
        (read(3, "jobs.waiting"), read(2, "jobs.waiting")),
        (Some(2), None),
        "three values are three rows"
    );
    assert_eq!(
        (read(2, "jobs.no_data"), read(1, "jobs.no_data")),
        (Some(2), None),
        "two reasons are two rows"
    );
    assert_eq!(
        (read(3, "queue.length"), read(2, "queue.length")),
        (Some(2), None),
        "a value and two messages are three rows"
    );
    assert_eq!(store.history_up_to(3, &filter(None)).unwrap(), None);
    assert_eq!(store.history_up_to(10, &filter(None)).unwrap(), Some(store.history(None, at(0)).unwrap()));
}

#[test]
fn deleting_old_runs_keeps_waiting_points_and_times_of_last_values() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    let many: Vec<f64> = (0..2_000).map(f64::from).collect();
    store.record(&report(10, &many), &[]).unwrap();
    store.record(&report(20, &[2.0]), &["datadog"]).unwrap();
    store.record(&report(30, &[3.0]), &[]).unwrap();
    let before = store.size().unwrap();

    assert_eq!(store.delete_older_than(at(30)).unwrap(), 1);
    assert_eq!(store.delete_older_than(at(30)).unwrap(), 0);

    let remaining = store.history(Some("jobs.waiting"), at(0)).unwrap();
    assert_eq!(remaining.iter().map(values).collect::<Vec<_>>(), [[2.0], [3.0]]);
    assert_eq!(store.pending("datadog", 9, None).unwrap().len(), 1);
    assert_eq!(store.last_value_times().unwrap()[&("jobs.waiting".into(), String::new())], at(30));
    assert!(store.size().unwrap() < before / 2, "the file becomes smaller");
}

#[test]
fn each_subject_has_its_own_outcome_and_failures() {
    let store = Store::in_memory().unwrap();
    store.record(&queues(10, &["whole", "partial", "broken"]), &[]).unwrap();

    let entries = store.history(Some("queue.length"), at(0)).unwrap();

    let subjects: Vec<&str> = entries.iter().map(|entry| entry.subject.as_str()).collect();
    assert_eq!(subjects, ["broken", "partial", "whole"]);
    assert_eq!(entries[0].result, PastResult::Error("the queue is broken".into()));
    let failures = |entry: &HistoryEntry| match &entry.result {
        PastResult::Value { samples, failures } if samples.len() == 1 => failures.clone(),
        other => panic!("{other:?}"),
    };
    let first = "item:a: refused".to_owned();
    assert_eq!(failures(&entries[1]), Some(PastFailures { count: 2, first }));
    assert_eq!(failures(&entries[2]), None);
}

#[test]
fn the_time_of_the_last_value_is_deleted_if_the_subject_no_longer_exists() {
    let store = Store::in_memory().unwrap();
    let last_value_times = || -> Vec<(String, std::time::SystemTime)> {
        let last = store.last_value_times().unwrap();
        last.into_iter().map(|((_, subject), time)| (subject, time)).collect()
    };
    store.record(&queues(10, &["gone", "stays", "partial"]), &[]).unwrap();
    store.record(&queues(20, &["stays", "broken"]), &[]).unwrap();
    let before = [("broken", 20), ("gone", 10), ("partial", 10), ("stays", 20)];
    let before = before.map(|(name, time)| (name.to_owned(), at(time)));
    assert_eq!(last_value_times(), before);

    store.delete_older_than(at(10)).unwrap();
    assert_eq!(last_value_times(), before);
    store.delete_older_than(at(11)).unwrap();

    assert_eq!(last_value_times(), [("broken".into(), at(20)), ("stays".into(), at(20))]);
}

#[test]
fn without_any_value_the_time_is_that_of_the_subjects_first_run() {
    let store = Store::in_memory().unwrap();
    for time in [10, 20, 30] {
        store.record(&queues(time, &["broken"]), &[]).unwrap();
    }

    let times: Vec<_> = store.last_value_times().unwrap().into_values().collect();

    assert_eq!(times, [at(10)]);
}

#[test]
fn the_time_of_the_last_value_is_kept_if_a_later_run_has_no_value() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0]), &[]).unwrap();
    store.record(&report(20, &[]), &[]).unwrap();

    store.delete_older_than(at(20)).unwrap();

    assert_eq!(store.history(None, at(0)).unwrap().len(), 3);
    assert_eq!(store.last_value_times().unwrap()[&("jobs.waiting".into(), String::new())], at(10));
}

#[test]
fn the_last_run_for_delivery_had_a_value_and_a_destination() {
    let store = Store::in_memory().unwrap();
    let last = |key, now| store.last_for_delivery(key, "", at(now)).unwrap().map(|(time, _)| time);
    assert_eq!(last("jobs.waiting", 50), None);

    store.record(&report(100, &[1.0]), &["datadog"]).unwrap();
    store.record(&report(200, &[1.0]), &[]).unwrap();
    store.record(&report(300, &[]), &["datadog"]).unwrap();
    store.record(&report(100_000_000, &[1.0]), &["datadog"]).unwrap();

    assert_eq!(last("jobs.waiting", 400), Some(at(100)));
    assert_eq!(last("jobs.broken", 400), None);
}
