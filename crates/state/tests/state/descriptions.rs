//! Descriptions of metrics from sources.

use system_health_registry::Facts;
use system_health_state::Store;

use crate::harness::at;

const DAY: u64 = 24 * 60 * 60;

fn facts(key: &str) -> Facts {
    Facts::new(key, "Rows that wait.").with_unit("row").with_goal("< 5".parse().unwrap())
}

/// Source and key of each description.
fn remembered(store: &Store) -> Vec<(String, String)> {
    let descriptions = store.descriptions().unwrap();
    descriptions.into_iter().map(|(source, facts)| (source, facts.key().to_owned())).collect()
}

fn pair(source: &str, key: &str) -> (String, String) {
    (source.to_owned(), key.to_owned())
}

#[test]
fn descriptions_survive_a_restart_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    store.remember_descriptions("warehouse", &[facts("rows.b"), facts("rows.a")], at(0)).unwrap();
    store.remember_descriptions("billing", &[facts("invoices")], at(0)).unwrap();
    drop(store);

    let store = Store::open(folder.path()).unwrap().store;

    let expected = [("billing", "invoices"), ("warehouse", "rows.a"), ("warehouse", "rows.b")];
    let expected = expected.map(|(source, key)| (source.to_owned(), facts(key)));
    assert_eq!(store.descriptions().unwrap(), expected);
}

#[test]
fn a_new_description_replaces_only_that_of_the_same_metric() {
    let store = Store::in_memory().unwrap();
    store.remember_descriptions("warehouse", &[facts("rows.a"), facts("rows.b")], at(0)).unwrap();
    let changed = Facts::new("rows.a", "Rows that wait for the printer.");

    store.remember_descriptions("warehouse", std::slice::from_ref(&changed), at(1)).unwrap();

    let expected = [("warehouse".to_owned(), changed), ("warehouse".to_owned(), facts("rows.b"))];
    assert_eq!(store.descriptions().unwrap(), expected);
}

#[test]
fn a_metric_belongs_to_the_source_that_described_it_last() {
    let store = Store::in_memory().unwrap();
    store.remember_descriptions("warehouse", &[facts("rows")], at(0)).unwrap();

    store.remember_descriptions("billing", &[facts("rows")], at(1)).unwrap();

    assert_eq!(remembered(&store), [pair("billing", "rows")]);
}

#[test]
fn descriptions_that_are_not_repeated_are_deleted() {
    let store = Store::in_memory().unwrap();
    store.remember_descriptions("warehouse", &[facts("rows.a"), facts("rows.b")], at(0)).unwrap();
    for hour in 1..=48 {
        store.remember_descriptions("warehouse", &[facts("rows.a")], at(hour * 60 * 60)).unwrap();
    }

    store.delete_older_than(at(DAY)).unwrap();
    // The time of an unchanged description is stored only once a day, so descriptions are kept for one more day.
    assert_eq!(remembered(&store).len(), 2);
    store.delete_older_than(at(2 * DAY)).unwrap();

    assert_eq!(remembered(&store), [pair("warehouse", "rows.a")]);
}
