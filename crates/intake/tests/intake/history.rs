//! Points of a history, and monitors that are evaluated over them.

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use system_health_intake::{Intake, Point, Request, Status};

const HOUR: i64 = 60 * 60;

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

fn point(timestamp: i64, value: f64) -> Point {
    Point {
        metric: "jobs.open".into(),
        tags: BTreeSet::from(["env:prod".into()]),
        timestamp,
        value,
        kind: "gauge",
        interval: None,
        unit: Some("job".into()),
    }
}

fn answer(intake: &Intake, method: &str, path: &str, body: &Value) -> Value {
    let answer = intake.handle(&Request::json(method, path, body));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap()
}

fn monitor() -> Value {
    json!({
        "name": "Few open jobs",
        "type": "query alert",
        "query": "max(last_30m):max:jobs.open{*} >= 5.0",
        "options": { "thresholds": { "critical": 5.0 }, "on_missing_data": "show_no_data" },
    })
}

#[test]
fn points_of_any_time_are_stored_as_they_are() {
    let intake = Intake::in_memory().unwrap();
    let points = [point(now() - 100 * HOUR, 1.0), point(now(), 2.0)];

    intake.add_points(&points).unwrap();

    assert_eq!(intake.points().unwrap(), points);
    assert_eq!(intake.findings(), []);
    assert_eq!(intake.metadata("jobs.open"), Some(json!({ "type": "gauge", "unit": "job" })));
}

#[test]
fn a_monitor_knows_groups_of_an_earlier_evaluation_until_it_is_deleted() {
    let intake = Intake::in_memory().unwrap();
    let state =
        || answer(&intake, "GET", "/api/v1/intake/monitors", &json!({}))["monitors"][0]["state"].clone();
    let id = answer(&intake, "POST", "/api/v1/monitor", &monitor())["id"].clone();
    intake.add_points(&[point(now() - 2 * HOUR, 7.0)]).unwrap();
    assert_eq!(state(), Value::Null, "the window contains no point");

    let transitions = intake.evaluate_all_at(now() - 2 * HOUR).unwrap();
    assert_eq!(transitions[0].to, Status::Alert);
    assert_eq!(state(), "No Data");

    answer(&intake, "DELETE", &format!("/api/v1/monitor/{id}"), &json!({}));
    assert_eq!(intake.evaluate_all_at(now()).unwrap(), []);
}

#[test]
fn the_older_option_for_missing_data_notifies() {
    for (option, notifies) in
        [(json!({ "notify_no_data": true }), true), (json!({ "on_missing_data": "show_no_data" }), false)]
    {
        let intake = Intake::in_memory().unwrap();
        let mut monitor = monitor();
        monitor["options"] = option;
        answer(&intake, "POST", "/api/v1/monitor", &monitor);
        intake.add_points(&[point(now() - 2 * HOUR, 1.0)]).unwrap();
        assert_eq!(intake.evaluate_all_at(now() - 2 * HOUR).unwrap(), []);

        // Without `no_data_timeframe`, the older option waits for twice the window.
        let transitions = [now(), now() + HOUR].map(|time| intake.evaluate_all_at(time).unwrap()).concat();

        let [transition] = &transitions[..] else { panic!("{transitions:?}") };
        assert_eq!((transition.to, transition.notifies), (Status::NoData, notifies));
    }
}

#[test]
fn series_without_points_are_deleted() {
    let intake = Intake::in_memory().unwrap();
    intake.add_points(&[point(now() - HOUR, 1.0)]).unwrap();

    intake.prune(now()).unwrap();

    let series = answer(&intake, "GET", "/api/v1/intake/series?metric=jobs.open", &json!({}));
    assert_eq!(series["series"], json!([]));
}
