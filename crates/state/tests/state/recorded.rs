//! The points of earlier runs, for code that evaluates them as a backend would.

use system_health_registry::{Point, Report, Temporality};
use system_health_state::{Recipient, Store};

use crate::harness::{Total, at, counters, report};

/// The points of the runs since a time, and whether older runs were left out.
fn recorded(store: &Store, since: u64, limit: usize) -> (Vec<Point>, bool) {
    let (runs, left_out) = store.recorded_runs(at(since), limit).unwrap();
    let points = runs.into_iter().flat_map(|run| store.recorded_points(run).unwrap());
    (points.collect(), left_out)
}

fn points(reports: &[&Report]) -> Vec<Point> {
    reports.iter().flat_map(|report| report.points()).collect()
}

#[test]
fn the_points_are_those_of_the_reports_since_a_time_without_backfills() {
    let store = Store::in_memory().unwrap();
    let (first, second, third) = (report(10, &[1.0, 2.0]), report(20, &[3.0]), report(30, &[]));
    for report in [&second, &first, &third] {
        store.record(report, &["somewhere"]).unwrap();
    }
    store.backfill(&[report(5, &[9.0])]).unwrap();

    assert_eq!(recorded(&store, 0, 100), (points(&[&first, &second]), false));
    assert_eq!(recorded(&store, 20, 100), (points(&[&second]), false));
}

#[test]
fn only_the_newest_runs_are_read_if_there_are_too_many_points() {
    let store = Store::in_memory().unwrap();
    let (first, second) = (report(10, &[1.0, 2.0]), report(20, &[3.0]));
    store.record(&first, &[]).unwrap();
    store.record(&second, &[]).unwrap();

    assert_eq!(recorded(&store, 0, 3), (points(&[&first, &second]), false));
    assert_eq!(recorded(&store, 0, 2), (points(&[&second]), true));
}

#[test]
fn points_that_were_made_for_one_destination_are_not_included() {
    let store = Store::in_memory().unwrap();
    let recipient = Recipient { counters: Temporality::Delta, ..Recipient::from("datadog") };
    let total = |value| [Total { queue: "a", value, start: None }];
    let reports = [counters(10, &total(5.0)), counters(20, &total(7.0))];
    for report in &reports {
        store.record_for(report, std::slice::from_ref(&recipient)).unwrap();
    }

    assert_eq!(recorded(&store, 0, 100).0, points(&[&reports[0], &reports[1]]));
}
