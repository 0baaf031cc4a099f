//! What earlier runs found.

use system_health_state::{Found, HistoryEntry, Store};

use crate::harness::{at, report};

fn values(entry: &HistoryEntry) -> Vec<f64> {
    match &entry.found {
        Found::Value(samples) => samples.iter().map(|sample| sample.value).collect(),
        Found::NoData(_) | Found::Error(_) => Vec::new(),
    }
}

#[test]
fn every_outcome_is_kept_by_key_and_time() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0, 2.0]), None).unwrap();
    store.record(&report(20, &[3.0]), None).unwrap();

    let all = store.history(None, at(0)).unwrap();

    let keys: Vec<(&str, bool)> = all.iter().map(|it| (it.key.as_str(), it.time == at(10))).collect();
    let expected = ["jobs.broken", "jobs.silent", "jobs.waiting"].map(|key| [(key, true), (key, false)]);
    assert_eq!(keys, expected.concat());
    assert_eq!(all[0].found, Found::Error("refused".into()));
    assert_eq!(all[2].found, Found::NoData("nothing yet".into()));
    assert_eq!((values(&all[4]), values(&all[5])), (vec![1.0, 2.0], vec![3.0]));
    let Found::Value(samples) = &all[5].found else { panic!("{:?}", all[5]) };
    assert_eq!(samples[0].unit.as_deref(), Some("job"));
    let tags: Vec<&str> = samples[0].tags.iter().map(system_health_registry::Tag::as_str).collect();
    assert_eq!(tags, ["env:test", "queue:0", "team:platform"]);
}

#[test]
fn one_metric_and_a_time_may_be_chosen() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0]), None).unwrap();
    store.record(&report(20, &[2.0]), None).unwrap();

    let chosen = store.history(Some("jobs.waiting"), at(20)).unwrap();

    assert_eq!(chosen.iter().map(values).collect::<Vec<_>>(), [[2.0]]);
    assert!(store.knows("jobs.silent").unwrap() && !store.knows("jobs").unwrap());
}

#[test]
fn of_repeated_runs_the_last_one_counts() {
    let store = Store::in_memory().unwrap();
    store.record(&report(10, &[1.0]), None).unwrap();
    store.record(&report(10, &[2.0]), None).unwrap();

    let entries = store.history(Some("jobs.waiting"), at(0)).unwrap();

    assert_eq!(entries.iter().map(values).collect::<Vec<_>>(), [[2.0]]);
}

#[test]
fn old_runs_are_forgotten_but_not_what_still_waits_nor_when_there_was_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    let many: Vec<f64> = (0..2_000).map(f64::from).collect();
    store.record(&report(10, &many), None).unwrap();
    store.record(&report(20, &[2.0]), Some("datadog")).unwrap();
    store.record(&report(30, &[3.0]), None).unwrap();
    let before = store.size().unwrap();

    assert_eq!(store.keep(at(30)).unwrap(), 1);
    assert_eq!(store.keep(at(30)).unwrap(), 0);

    let left = store.history(Some("jobs.waiting"), at(0)).unwrap();
    assert_eq!(left.iter().map(values).collect::<Vec<_>>(), [[2.0], [3.0]]);
    assert_eq!(store.pending("datadog", 9, None).unwrap().len(), 1);
    assert_eq!(
        store.last_values().unwrap().into_iter().collect::<Vec<_>>(),
        [(("jobs.waiting".into(), String::new()), at(30))]
    );
    assert!(store.size().unwrap() < before / 2, "the room is given back");
}
