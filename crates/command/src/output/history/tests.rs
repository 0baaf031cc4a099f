//! How the history of many series and subjects is summarised.

use serde_json::json;
use system_health_registry::{Facts, Metric, Unavailable, location};
use system_health_state::PastSample;

use super::*;

const KEY: &str = "queue.length";

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(490_000) + Duration::from_secs(seconds)
}

fn entry(seconds: u64, subject: &str, result: PastResult) -> HistoryEntry {
    let (key, subject) = (KEY.to_owned(), subject.to_owned());
    HistoryEntry {
        key,
        subject,
        time: at(seconds),
        duration: Duration::ZERO,
        backfilled: false,
        result,
        trace: None,
    }
}

fn value(queue: usize, value: f64) -> PastResult {
    let tags = vec![Tag::new("queue", &format!("q{queue:04}")).unwrap()];
    PastResult::Value { samples: vec![PastSample { value: value.into(), unit: None, tags }], failures: None }
}

fn shown(entries: &[HistoryEntry], key: Option<&str>) -> String {
    let facts = Facts::new(KEY, "Messages that wait.").with_goal("< 5".parse().unwrap());
    let collect = |_| -> futures::future::BoxFuture<'static, _> {
        Box::pin(async { Err(Unavailable::no_data("never collected")) })
    };
    let catalog = Catalog::new([Metric::new(facts, location!(), collect)]).unwrap();
    HistoryReport { entries, catalog: &catalog, key, since: at(0), now: at(100) }.to_string()
}

#[test]
fn series_that_miss_the_goal_come_first() {
    let of_queue = |queue: usize| {
        let length = if queue.is_multiple_of(100) { 9.0 } else { 1.0 };
        entry(10, &format!("q{queue:04}"), value(queue, length))
    };
    let entries: Vec<_> = (0..1000).map(of_queue).collect();

    for key in [None, Some(KEY)] {
        let shown = shown(&entries, key);
        assert!(shown.contains("queue:q0900") && !shown.contains("queue:q0901"), "{shown}");
        assert!(
            shown.contains("… 980 more series, all of which meet the goal: see --format json"),
            "{shown}"
        );
    }
    assert_eq!(shown(&entries, None).lines().count(), 22);
}

#[test]
fn problems_are_counted_per_subject_and_the_latest_are_shown() {
    let mut entries: Vec<_> = (0..100)
        .map(|queue| entry(10, &format!("q{queue:04}"), PastResult::Error("refused".into())))
        .collect();
    entries.insert(51, entry(20, "q0050", PastResult::Error("timed out".into())));

    let shown = shown(&entries, None);

    assert!(shown.contains("queue.length q0050: error 2 times, last at "), "{shown}");
    assert!(shown.contains(":00:20Z: timed out\nqueue.length q0000: error once, last at"), "{shown}");
    assert!(shown.contains("queue.length: error 95 times for 95 more subjects\n"), "{shown}");
    assert_eq!(shown.lines().count(), 8);
}

#[test]
fn a_reason_from_a_server_cannot_control_the_terminal() {
    let entries = [entry(10, "q0000", PastResult::Error("gone\n\u{1b}[2J for \u{202e}good".into()))];

    assert!(shown(&entries, None).ends_with("Z: gone [2J for good\n"));
}

#[test]
fn one_more_series_and_one_more_subject_are_singular() {
    let of_queue = |queue: usize| entry(10, &format!("q{queue:04}"), value(queue, 9.0));
    let mut entries: Vec<_> = (0..21).map(of_queue).collect();
    assert!(shown(&entries, None).contains("… 1 more series, which misses the goal: "));
    entries.push(entry(10, "q0021", value(21, 1.0)));
    assert!(shown(&entries, None).contains("… 2 more series, 1 of which misses the goal: "));

    let failed = |queue: usize| entry(10, &format!("q{queue:04}"), PastResult::Error("refused".into()));
    let entries: Vec<_> = (0..6).map(failed).collect();
    assert!(shown(&entries, None).ends_with("queue.length: error once for 1 more subject\n"));
}

#[test]
fn a_series_is_shown_with_the_unit_of_its_last_value() {
    let with_unit = |seconds, unit: &str| {
        let mut entry = entry(seconds, "q0000", value(0, 1.0));
        let PastResult::Value { samples, .. } = &mut entry.result else { unreachable!() };
        samples[0].unit = Some(unit.to_owned());
        entry
    };
    let entries = [with_unit(10, "second"), with_unit(20, "minute")];

    for key in [None, Some(KEY)] {
        let shown = shown(&entries, key);
        assert!(shown.contains("minute") && !shown.contains("second"), "{shown}");
    }
}

#[test]
fn the_last_value_of_a_series_is_the_latest_of_all_subjects() {
    let entries = [entry(20, "a", value(0, 7.0)), entry(10, "b", value(0, 1.0))];

    let shown = shown(&entries, None);

    assert!(shown.contains("< 5  missed"), "{shown}");
}

#[test]
fn failed_items_are_shown_to_people_and_programs() {
    let failures = Some(PastFailures { count: 2, first: "item:a: refused".into() });
    let PastResult::Value { samples, .. } = value(0, 1.0) else { unreachable!() };
    let entries = [entry(10, "q0000", PastResult::Value { samples, failures })];

    let text = shown(&entries, None);
    let rows = serde_json::to_value(HistoryRow::from_entries(&entries).collect::<Vec<_>>()).unwrap();

    assert!(text.contains("queue.length q0000: items failed once, last at "), "{text}");
    assert!(text.ends_with(": 2 items, the first one: item:a: refused\n"), "{text}");
    assert_eq!((&rows[0]["value"], &rows[0]["tags"]), (&json!(1), &json!(["queue:q0000"])));
    assert_eq!((&rows[1]["state"], &rows[1]["subject"]), (&"items_failed".into(), &"q0000".into()));
    assert_eq!(rows[1]["reason"], "2 items, the first one: item:a: refused");
}
