//! The contract refuses requests that Datadog would misread, and answers that Datadog would not send.

use serde_json::{Value, json};
use system_health_test_support::datadog::{
    DatadogIntake,
    contract::{self, Message},
};

use super::{EVENTS, MONITORS, SERIES, dashboard, monitor, series};

/// A copy of `good` with another value of one property, or without this property if the new value is null.
fn broken(good: &Value, pointer: &str, name: &str, value: Value) -> Value {
    let mut payload = good.clone();
    let object = payload.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name)
    } else {
        object.insert(name.to_owned(), value)
    };
    payload
}

/// Expects problems in all messages but the first.
fn check(messages: &[Message<'_>]) {
    let problems = contract::problems(messages);
    assert_eq!(problems[0], [""; 0], "the first message is valid");
    for (message, problems) in messages.iter().zip(&problems).skip(1) {
        assert!(!problems.is_empty(), "accepted: {message:?}");
    }
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn wrong_series_and_answers_about_api_keys_are_found() {
    let good = json!({"series": [series(1.0, 60, &["x:1"])]});
    let broken = |pointer, name, value| Message::series(broken(&good, pointer, name, value));
    check(&[
        Message::series(good.clone()),
        broken("/series/0", "intervall", json!(60)),
        broken("/series/0", "type", json!(4)),
        broken("/series/0", "type", json!("gauge")),
        broken("/series/0/points/0", "value", json!("1")),
        broken("/series/0/points/0", "timestamp", json!(1.5)),
        broken("/series/0", "metric", Value::Null),
        broken("", "series", Value::Null),
        Message::answer("POST", SERIES, 202, json!({"errors": "none"})),
        Message::answer("POST", SERIES, 403, json!({})),
        Message::answer("POST", SERIES, 418, json!({"errors": []})),
        Message::answer("GET", "/api/v1/validate", 200, json!({"valid": "yes"})),
        Message::answer("GET", "/api/v2/validate_keys", 200, json!({"status": "fine"})),
        Message::request("POST", "/api/v2/serie", good.clone()),
    ]);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn wrong_dashboards_are_found() {
    const ONE: &str = "/api/v1/dashboard/aaa-aaa-aaa";
    let good = DatadogIntake::start().add_dashboard(&dashboard("One"));
    let broken = |pointer, name, value| broken(&good, pointer, name, value);
    check(&[
        Message::answer("GET", ONE, 200, good.clone()),
        Message::answer("GET", ONE, 200, broken("/widgets/0", "id", json!("1"))),
        Message::answer("GET", ONE, 200, broken("", "modified_at", json!(5))),
        Message::answer("PUT", ONE, 200, broken("", "modified", json!("now"))),
        Message::answer("POST", "/api/v1/dashboard", 200, broken("", "title", Value::Null)),
        Message::answer("GET", "/api/v1/dashboard", 200, json!({"dashboards": [{"titel": "One"}]})),
        Message::answer("DELETE", ONE, 200, json!({"deleted": "aaa-aaa-aaa"})),
        Message::request("PUT", ONE, broken("", "layout_type", json!("order"))),
        Message::request(
            "POST",
            "/api/v1/dashboard",
            broken("/widgets/0/definition", "widgets", Value::Null),
        ),
        Message::request("GET", "/api/v1/dashboard?page=1", Value::Null),
        Message::request("DELETE", ONE, json!({})),
        Message::request("GET", "/api/v1/dashboard/", Value::Null),
        Message::request("GET", "/api/v1/dashboard/a/b", Value::Null),
    ]);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn wrong_monitors_are_found() {
    const ONE: &str = "/api/v1/monitor/1000";
    let good = DatadogIntake::start().add_monitor(&monitor("a", &[]));
    let broken = |pointer, name, value| broken(&good, pointer, name, value);
    check(&[
        Message::answer("GET", ONE, 200, good.clone()),
        Message::answer("GET", ONE, 200, broken("", "id", json!("1000"))),
        Message::answer("GET", ONE, 200, broken("", "org_id", json!(1))),
        Message::answer("PUT", ONE, 200, broken("", "overall_state", json!("Fine"))),
        Message::answer("POST", MONITORS, 200, broken("/options", "include_tag", json!(true))),
        Message::answer("GET", MONITORS, 200, json!([broken("", "query", Value::Null)])),
        Message::answer("DELETE", ONE, 200, json!({"deleted_monitor_id": "1000"})),
        Message::request("POST", MONITORS, broken("/options/thresholds", "critical", json!("5"))),
        Message::request("PUT", ONE, json!({"options": {"renotify": 5}})),
        Message::request("GET", "/api/v1/monitor?tag=x:1", Value::Null),
    ]);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn wrong_metadata_events_and_queries_are_found() {
    const METRIC: &str = "/api/v1/metrics/a.b";
    const QUERY: &str = "/api/v1/query?from=0&to=1&query=a";
    check(&[
        Message::answer("GET", METRIC, 200, json!({"type": "gauge", "short_name": "s"})),
        Message::answer("GET", METRIC, 200, json!({"type": "gauge", "short_name": null})),
        Message::answer("PUT", METRIC, 200, json!({"interval": 5})),
        Message::request("PUT", METRIC, json!({"statsd_interval": "5"})),
        Message::answer("POST", EVENTS, 202, json!({"status": "ok", "event": {"id": "1"}})),
        Message::answer("POST", EVENTS, 200, json!({"status": "ok"})),
        Message::request("POST", EVENTS, json!({"title": "t"})),
        Message::request("POST", EVENTS, json!({"title": "t", "text": "x".repeat(4001)})),
        Message::request("POST", EVENTS, json!({"title": "t", "text": "t", "alert_type": "bad"})),
        Message::answer("GET", QUERY, 200, json!({"series": [{"pointlist": [[60_000, 1.0, 2.0]]}]})),
        Message::answer("GET", QUERY, 200, json!({"series": [{"points": []}]})),
        Message::request("GET", "/api/v1/query?from=0&query=a", Value::Null),
    ]);
}
