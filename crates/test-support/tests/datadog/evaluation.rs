//! Monitors are evaluated over what has arrived, as Datadog documents it.

use serde_json::{Value, json};
use system_health_test_support::datadog::{
    DatadogIntake,
    Status::{self, Alert, NoData, Ok},
};

use super::{MONITORS, call, monitor, series};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

/// The types of series in Datadog's API.
const COUNT: u8 = 1;
const GAUGE: u8 = 3;

fn intake_with_monitor(query: &str, options: Value) -> DatadogIntake {
    let intake = DatadogIntake::start();
    let mut sent = monitor("a", &[]);
    sent["query"] = json!(query);
    sent["options"] = options;
    intake.add_monitor(&sent);
    intake
}

fn deliver(intake: &DatadogIntake, value: f64, time: i64, tags: &[&str]) {
    intake.deliver(json!({"series": [series(value, time, tags)]}));
}

/// The changes of status: the time, the group, the new status, and whether somebody was notified.
fn changes(intake: &DatadogIntake, from: i64, until: i64) -> Vec<(i64, String, Status, bool)> {
    let times = (from..=until).step_by(60);
    let changes = times.flat_map(|now| intake.evaluate(now));
    changes.map(|change| (change.at, change.group.join(","), change.to, change.notifies)).collect()
}

fn options(on_missing_data: &str) -> Value {
    json!({"thresholds": {"critical": 5.0}, "on_missing_data": on_missing_data})
}

#[test]
fn the_option_on_missing_data_decides_the_status_without_data() {
    let no_group = String::new;
    for (over_time, on_missing_data, expected) in [
        ("max", "show_no_data", Some((NoData, false))),
        ("max", "show_and_notify_no_data", Some((NoData, true))),
        ("max", "resolve", Some((Ok, true))),
        ("max", "default", None),
        ("sum", "default", Some((Ok, true))),
    ] {
        let query = format!("{over_time}(last_10m):max:a.b{{*}} > 5");
        let intake = intake_with_monitor(&query, options(on_missing_data));
        assert_eq!(changes(&intake, 0, HOUR), [], "{on_missing_data}: no data has arrived yet");
        deliver(&intake, 7.0, HOUR, &[]);

        let mut expected_changes = vec![(HOUR + MINUTE, no_group(), Alert, true)];
        expected_changes
            .extend(expected.map(|(status, notifies)| (HOUR + 10 * MINUTE, no_group(), status, notifies)));
        assert_eq!(
            changes(&intake, HOUR + MINUTE, 2 * HOUR),
            expected_changes,
            "{over_time}, {on_missing_data}"
        );
    }
}

#[test]
fn the_older_option_notifies_after_its_timeframe_or_after_twice_the_window() {
    for (window, timeframe, minutes) in [
        ("10m", Value::Null, 20),
        ("10m", json!(30), 30),
        ("10m", json!(24 * 60), 24 * 60),
        // While the window contains data, the monitor has data.
        ("10m", json!(5), 10),
        ("2d", Value::Null, 4 * 24 * 60),
    ] {
        let options = json!({
            "thresholds": {"critical": 5.0}, "notify_no_data": true, "no_data_timeframe": timeframe
        });
        let intake = intake_with_monitor(&format!("max(last_{window}):max:a.b{{*}} > 5"), options);
        deliver(&intake, 1.0, HOUR, &[]);

        let changed = changes(&intake, HOUR, 2 * HOUR + minutes * MINUTE);

        let no_data = (HOUR + minutes * MINUTE, String::new(), NoData, true);
        assert_eq!(changed, [no_data], "{window}, {timeframe}");
    }
}

#[test]
fn each_group_is_forgotten_a_day_after_its_data() {
    let intake =
        intake_with_monitor("max(last_1h):max:a.b{*} by {x} > 5", options("show_and_notify_no_data"));
    for (value, x) in [(1.0, "x:1"), (7.0, "x:2")] {
        deliver(&intake, value, 0, &[x]);
    }

    let changed = changes(&intake, 0, 30 * HOUR);

    let change = |time, x: &str, status| (time, x.to_owned(), status, true);
    assert_eq!(changed, [change(0, "x:2", Alert), change(HOUR, "x:1", NoData), change(HOUR, "x:2", NoData)]);
    deliver(&intake, 1.0, 31 * HOUR, &["x:2"]);
    assert_eq!(changes(&intake, 31 * HOUR, 31 * HOUR), [], "a new group that is well");
}

#[test]
fn an_alert_lasts_until_the_recovery_threshold() {
    let mut options = options("show_no_data");
    options["thresholds"]["critical_recovery"] = json!(2.0);
    let intake = intake_with_monitor("max(last_5m):max:a.b{*} > 5", options);
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
        let intake =
            intake_with_monitor(&format!("max(last_{window}):max:a.b{{*}} > 5"), options("show_no_data"));
        deliver(&intake, 7.0, 1, &[]);

        let alert = (minutes * MINUTE, String::new(), Alert, true);
        assert_eq!(changes(&intake, MINUTE, HOUR), [alert], "{window}");
    }
}

/// Delivers the values of two metrics of this type, one value per minute.
fn deliver_both(intake: &DatadogIntake, series_type: u8, errors: &[f64], runs: &[f64]) {
    for (metric, values) in [("a.errors", errors), ("a.runs", runs)] {
        for (value, minute) in values.iter().zip(1..) {
            let mut sent = series(*value, minute * MINUTE, &[]);
            (sent["metric"], sent["type"], sent["interval"]) = (json!(metric), json!(series_type), json!(60));
            intake.deliver(json!({"series": [sent]}));
        }
    }
}

/// Whether a monitor with this query alerts in the fifth minute of these values.
fn alerts(query: &str, series_type: u8, errors: &[f64], runs: &[f64]) -> bool {
    let (_, critical) = query.rsplit_once(' ').unwrap();
    let critical: f64 = critical.parse().unwrap();
    let intake = intake_with_monitor(
        query,
        json!({"thresholds": {"critical": critical}, "on_missing_data": "show_no_data"}),
    );
    deliver_both(&intake, series_type, errors, runs);
    changes(&intake, 5 * MINUTE, 5 * MINUTE).iter().any(|(_, _, status, _)| *status == Alert)
}

#[test]
fn a_ratio_is_calculated_in_each_bucket_unless_counts_are_added_up_first() {
    // The values of Datadog's guide to as_count(), and both of its results.
    let (errors, runs) = ([1.0, 2.0, 3.0, 4.0, 5.0], [5.0; 5]);
    let sides = |modifier: &str| format!("sum:a.errors{{*}}{modifier} / sum:a.runs{{*}}{modifier}");
    for (query, series_type, result) in [
        (format!("sum(last_5m):{}", sides(".as_rate()")), COUNT, 3.0),
        (format!("sum(last_5m):{}", sides(".as_count()")), COUNT, 0.6),
        (format!("max(last_5m):{}", sides("")), GAUGE, 1.0),
        (format!("min(last_5m):{}", sides("")), GAUGE, 0.2),
        (format!("avg(last_5m):{}", sides("")), GAUGE, 0.6),
    ] {
        assert!(alerts(&format!("{query} >= {}", result - 0.01), series_type, &errors, &runs), "{query}");
        assert!(!alerts(&format!("{query} >= {}", result + 0.01), series_type, &errors, &runs), "{query}");
    }
}

#[test]
fn a_divisor_of_zero_gives_no_value() {
    // Datadog's own example: 10/0 + 10/1 + 10/NaN = 10.
    let query = "sum(last_5m):sum:a.errors{*}.fill(null) / sum:a.runs{*}.fill(null)";
    assert!(alerts(&format!("{query} == 10"), GAUGE, &[10.0; 3], &[0.0, 1.0]));
    assert!(!alerts(&format!("{query} != 10"), GAUGE, &[10.0; 3], &[0.0, 1.0]));

    let intake = intake_with_monitor(&format!("{query} > 5"), options("show_and_notify_no_data"));
    deliver_both(&intake, GAUGE, &[10.0, 10.0], &[1.0]);
    let expected = [(MINUTE, String::new(), Alert, true), (6 * MINUTE, String::new(), NoData, true)];
    assert_eq!(changes(&intake, MINUTE, 6 * MINUTE), expected);
}

#[test]
fn short_gaps_in_a_ratio_are_filled_unless_the_query_forbids_it() {
    // 6 errors and no run, then no error and 10 runs. Between them, the interpolated values have few runs and many errors.
    let highest_ratio_exceeds = |errors: [f64; 2], fill: &str, above: f64| {
        let query = format!("max(last_5m):avg:a.errors{{*}}{fill} / avg:a.runs{{*}}{fill} > {above}");
        alerts(&query, GAUGE, &errors, &[0.0, 10.0])
    };
    assert!(highest_ratio_exceeds([6.0, 0.0], "", 1.0));
    assert!(!highest_ratio_exceeds([6.0, 0.0], ".fill(null)", 0.0));
    assert!(highest_ratio_exceeds([6.0, 1.0], ".fill(null)", 0.09));
    // A gap of more than five minutes is not filled.
    let intake =
        intake_with_monitor("max(last_1h):avg:a.errors{*} / avg:a.runs{*} > 5", options("show_no_data"));
    for (metric, time) in [("a.errors", 1), ("a.runs", 4), ("a.errors", 7), ("a.runs", 10)] {
        let mut sent = series(9.0, time * MINUTE, &[]);
        sent["metric"] = json!(metric);
        intake.deliver(json!({"series": [sent]}));
    }
    assert_eq!(changes(&intake, 10 * MINUTE, 10 * MINUTE), []);
}

#[test]
fn values_are_compared_within_the_same_group() {
    let intake = intake_with_monitor(
        "max(last_5m):max:a.b{y:1} by {x} - max:a.b{y:2} by {x} > 5",
        options("show_no_data"),
    );
    for (value, tags) in
        [(9.0, ["x:1", "y:1"]), (1.0, ["x:1", "y:2"]), (9.0, ["x:2", "y:1"]), (0.0, ["x:3", "y:2"])]
    {
        deliver(&intake, value, MINUTE, &tags);
    }

    assert_eq!(changes(&intake, MINUTE, MINUTE), [(MINUTE, "x:1".to_owned(), Alert, true)]);
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused() {
    let intake = DatadogIntake::start();
    for (query, status) in [
        ("avg(last_5m):sum:a{*} / sum:b{*} > 5", 200),
        ("avg(last_5m):sum:a{*} by {x} / sum:b{*} by {x} > 5", 200),
        ("avg(last_5m):sum:a{*} by {x}.fill(null) / sum:b{*} by {x}.fill(null) > 5", 200),
        ("avg(last_5m):sum:a{*} by {x} / sum:b{*} > 5", 400),
        ("avg(last_5m):sum:a{*}.fill(nothing) > 5", 400),
        ("avg(last_5m):sum:a{*} // sum:b{*} > 5", 400),
        ("avg(last_5m):sum:a{*} / > 5", 400),
        ("avg(last_5m):sum:a / sum:b > 5", 400),
        ("avg(last_5m):1 / 2 > 5", 400),
        ("median(last_5m):sum:a{*} > 5", 400),
        ("sum:a{*} > 5", 400),
    ] {
        let mut sent = monitor(query, &[]);
        sent["query"] = json!(query);
        assert_eq!(call(&intake, "POST", MONITORS, sent).await.0, status, "{query}");
    }
}

#[tokio::test]
async fn a_monitor_that_cannot_be_evaluated_is_refused() {
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
        let mut sent = monitor(&format!("{window} {extra}"), &[]);
        sent["query"] = json!(format!("max({window}):max:a.b{{*}} > 5"));
        sent["options"].as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(call(&intake, "POST", MONITORS, sent.clone()).await.0, status, "{sent}");
    }
}
