//! Monitors are evaluated over what has arrived, as Datadog documents it.

use serde_json::{Value, json};
use system_health_test_support::datadog::{
    DatadogIntake,
    Status::{self, Alert, NoData, Ok},
};

use super::{MONITORS, call, monitor, series};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

fn watched(query: &str, options: Value) -> DatadogIntake {
    let intake = DatadogIntake::start();
    let mut one = monitor("a", &[]);
    one["query"] = json!(query);
    one["options"] = options;
    intake.add_monitor(&one);
    intake
}

fn deliver(intake: &DatadogIntake, value: f64, time: i64, tags: &[&str]) {
    intake.deliver(json!({"series": [series(value, time, tags)]}));
}

/// When which group changed its status, and whether somebody was notified.
fn changes(intake: &DatadogIntake, from: i64, until: i64) -> Vec<(i64, String, Status, bool)> {
    let times = (from..=until).step_by(60);
    let changes = times.flat_map(|now| intake.evaluate(now));
    changes.map(|change| (change.at, change.group.join(","), change.to, change.notifies)).collect()
}

fn options(on_missing_data: &str) -> Value {
    json!({"thresholds": {"critical": 5.0}, "on_missing_data": on_missing_data})
}

#[test]
fn missing_data_means_what_the_monitor_says() {
    let no_group = String::new;
    for (over_time, on_missing_data, expected) in [
        ("max", "show_no_data", Some((NoData, false))),
        ("max", "show_and_notify_no_data", Some((NoData, true))),
        ("max", "resolve", Some((Ok, true))),
        ("max", "default", None),
        ("sum", "default", Some((Ok, true))),
    ] {
        let query = format!("{over_time}(last_10m):max:a.b{{*}} > 5");
        let intake = watched(&query, options(on_missing_data));
        assert_eq!(changes(&intake, 0, HOUR), [], "{on_missing_data}: it was never seen");
        deliver(&intake, 7.0, HOUR, &[]);

        let mut all = vec![(HOUR + MINUTE, no_group(), Alert, true)];
        all.extend(expected.map(|(status, notifies)| (HOUR + 10 * MINUTE, no_group(), status, notifies)));
        assert_eq!(changes(&intake, HOUR + MINUTE, 2 * HOUR), all, "{over_time}, {on_missing_data}");
    }
}

#[test]
fn each_group_is_forgotten_a_day_after_its_data() {
    let intake = watched("max(last_1h):max:a.b{*} by {x} > 5", options("show_and_notify_no_data"));
    for (value, x) in [(1.0, "x:1"), (7.0, "x:2")] {
        deliver(&intake, value, 0, &[x]);
    }

    let changed = changes(&intake, 0, 30 * HOUR);

    let of = |time, x: &str, status| (time, x.to_owned(), status, true);
    assert_eq!(changed, [of(0, "x:2", Alert), of(HOUR, "x:1", NoData), of(HOUR, "x:2", NoData)]);
    deliver(&intake, 1.0, 31 * HOUR, &["x:2"]);
    assert_eq!(changes(&intake, 31 * HOUR, 31 * HOUR), [], "a new group that is well");
}

#[test]
fn an_alert_lasts_until_the_recovery_threshold() {
    let mut options = options("show_no_data");
    options["thresholds"]["critical_recovery"] = json!(2.0);
    let intake = watched("max(last_5m):max:a.b{*} > 5", options);
    for (value, minute) in [(6.0, 0), (3.0, 5), (2.0, 10)] {
        deliver(&intake, value, minute * MINUTE, &[]);
    }

    assert_eq!(
        changes(&intake, 0, 10 * MINUTE),
        [(0, String::new(), Alert, true), (10 * MINUTE, String::new(), Ok, true)]
    );
}

#[test]
fn long_windows_are_evaluated_rarely() {
    for (window, minutes) in [("23h", 1), ("1d", 10), ("47h", 10), ("2d", 30), ("1w", 30)] {
        let intake = watched(&format!("max(last_{window}):max:a.b{{*}} > 5"), options("show_no_data"));
        deliver(&intake, 7.0, 1, &[]);

        let alert = (minutes * MINUTE, String::new(), Alert, true);
        assert_eq!(changes(&intake, MINUTE, HOUR), [alert], "{window}");
    }
}

#[tokio::test]
async fn what_cannot_be_evaluated_is_refused() {
    let intake = DatadogIntake::start();
    for (window, extra, status) in [
        ("last_10080m", json!({"on_missing_data": "resolve"}), 200),
        ("last_1w", json!({"on_missing_data": "resolve", "notify_no_data": false}), 200),
        ("last_1d", json!({"notify_no_data": true, "no_data_timeframe": 60}), 200),
        ("last_10081m", json!({}), 400),
        ("last_8d", json!({}), 400),
        ("last_0m", json!({}), 400),
        ("last_week", json!({}), 400),
        ("last_5m", json!({"on_missing_data": "resolve", "notify_no_data": true}), 400),
        ("last_5m", json!({"on_missing_data": "resolve", "no_data_timeframe": 60}), 400),
    ] {
        let mut one = monitor(&format!("{window} {extra}"), &[]);
        one["query"] = json!(format!("max({window}):max:a.b{{*}} > 5"));
        one["options"].as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(call(&intake, "POST", MONITORS, one.clone()).await.0, status, "{one}");
    }
}
