//! The fake Datadog behaves as Datadog documents, and its answers match Datadog's own API description.

mod answers;
mod dashboards;
mod evaluation;
mod events;
mod metadata;
mod misreadings;
mod monitors;
mod query;
mod series;

use serde_json::{Value, json};
use system_health_test_support::datadog::DatadogIntake;

const DASHBOARDS: &str = "/api/v1/dashboard";
const MONITORS: &str = "/api/v1/monitor";
const METRICS: &str = "/api/v1/metrics";
const EVENTS: &str = "/api/v1/events";
const SERIES: &str = "/api/v2/series";

const API_KEY: (&str, &str) = ("DD-API-KEY", DatadogIntake::KEY);
const APP_KEY: (&str, &str) = ("DD-APPLICATION-KEY", DatadogIntake::APP_KEY);

type Answered = (u16, Value);

/// Sends a request with these headers. A null body is not sent.
async fn send(
    intake: &DatadogIntake,
    headers: &[(&str, &str)],
    method: &str,
    target: &str,
    body: &Value,
) -> Answered {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method.parse().unwrap(), intake.url() + target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if !body.is_null() {
        request = request.body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

/// Sends a request with both keys.
async fn call(intake: &DatadogIntake, method: &str, target: &str, body: Value) -> Answered {
    send(intake, &[API_KEY, APP_KEY], method, target, &body).await
}

async fn get(intake: &DatadogIntake, target: &str) -> Answered {
    call(intake, "GET", target, Value::Null).await
}

fn refused(status: u16, text: &str) -> Answered {
    (status, json!({ "errors": [text] }))
}

/// The series `a.b` with one point.
fn series(value: f64, timestamp: i64, tags: &[&str]) -> Value {
    json!({"metric": "a.b", "type": 3, "points": [{"timestamp": timestamp, "value": value}], "tags": tags})
}

async fn submit(intake: &DatadogIntake, series: Value) {
    let answered = send(intake, &[API_KEY], "POST", SERIES, &json!({ "series": series })).await;
    assert_eq!(answered, (202, json!({"errors": []})));
}

/// A dashboard with a widget in a group.
fn dashboard(title: &str) -> Value {
    let note = json!({"definition": {"type": "note", "content": "All is well."}});
    let group =
        json!({"definition": {"type": "group", "layout_type": "ordered", "title": "a", "widgets": [note]}});
    json!({"title": title, "layout_type": "ordered", "widgets": [group]})
}

/// A monitor of `a.b` that alerts above five.
fn monitor(name: &str, tags: &[&str]) -> Value {
    json!({
        "name": name,
        "type": "query alert",
        "query": "avg(last_5m):avg:a.b{*} by {env} > 5",
        "message": "Look.",
        "tags": tags,
        "options": {"thresholds": {"critical": 5}},
    })
}
