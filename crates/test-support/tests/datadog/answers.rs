//! Checks every kind of answer of the fake, and every request that the fake accepts here, against Datadog's API description.

use serde_json::{Value, json};
use system_health_test_support::datadog::{DatadogIntake, contract, error};

use super::{API_KEY, APP_KEY, DASHBOARDS, EVENTS, MONITORS, SERIES, dashboard, monitor, send, series};

/// A request with the status of its answer.
type Exchange = (&'static str, &'static str, Value, u16);

const NO_BODY: Value = Value::Null;

/// A request for each kind of answer. The order matters, because later requests use what earlier ones have created.
fn exchanges() -> Vec<Exchange> {
    let mut contradictory = monitor("c", &[]);
    contradictory["options"]["thresholds"]["critical"] = json!(7);
    let large = json!({"series": [], "filler": "x".repeat(600_000)});
    vec![
        ("GET", "/api/v1/validate", NO_BODY, 200),
        ("GET", "/api/v2/validate_keys", NO_BODY, 200),
        ("POST", SERIES, json!({"series": [series(1.0, 60, &["env:prod"])]}), 202),
        ("POST", SERIES, json!({}), 400),
        ("POST", SERIES, large, 413),
        ("POST", DASHBOARDS, dashboard("One"), 200),
        ("POST", DASHBOARDS, json!({}), 400),
        ("GET", DASHBOARDS, NO_BODY, 200),
        ("GET", "/api/v1/dashboard?count=1&start=0", NO_BODY, 200),
        ("GET", "/api/v1/dashboard/aaa-aaa-aaa", NO_BODY, 200),
        ("PUT", "/api/v1/dashboard/aaa-aaa-aaa", dashboard("Two"), 200),
        ("PUT", "/api/v1/dashboard/aaa-aaa-aaa", json!({}), 400),
        ("DELETE", "/api/v1/dashboard/aaa-aaa-aaa", NO_BODY, 200),
        ("GET", "/api/v1/dashboard/aaa-aaa-aaa", NO_BODY, 404),
        ("PUT", "/api/v1/dashboard/aaa-aaa-aaa", dashboard("Two"), 404),
        ("DELETE", "/api/v1/dashboard/aaa-aaa-aaa", NO_BODY, 404),
        ("POST", MONITORS, monitor("a", &["env:prod"]), 200),
        ("POST", MONITORS, json!({"type": "composite", "query": "1 && 2"}), 200),
        ("POST", MONITORS, contradictory, 400),
        ("GET", MONITORS, NO_BODY, 200),
        ("GET", "/api/v1/monitor?monitor_tags=env:prod&page=0&page_size=5", NO_BODY, 200),
        ("GET", "/api/v1/monitor?page=x", NO_BODY, 400),
        ("GET", "/api/v1/monitor/1000", NO_BODY, 200),
        ("PUT", "/api/v1/monitor/1000", json!({"name": "b"}), 200),
        ("PUT", "/api/v1/monitor/1000", json!({"options": 5}), 400),
        ("DELETE", "/api/v1/monitor/1000?force=true", NO_BODY, 200),
        ("GET", "/api/v1/monitor/1000", NO_BODY, 404),
        ("PUT", "/api/v1/monitor/1000", json!({"name": "b"}), 404),
        ("DELETE", "/api/v1/monitor/1000", NO_BODY, 404),
        ("GET", "/api/v1/metrics/a.b", NO_BODY, 200),
        ("PUT", "/api/v1/metrics/a.b", json!({"description": "d", "statsd_interval": 5}), 200),
        ("PUT", "/api/v1/metrics/a.b", json!({"unit": 5}), 400),
        ("GET", "/api/v1/metrics/a.c", NO_BODY, 404),
        ("PUT", "/api/v1/metrics/a.c", json!({"unit": "byte"}), 404),
        ("POST", EVENTS, json!({"title": "t", "text": "t", "aggregation_key": "k"}), 202),
        ("POST", EVENTS, json!({"title": "t"}), 400),
        ("GET", "/api/v1/query?from=0&to=90&query=avg:a.b%7B*%7D%20by%20%7Benv%7D", NO_BODY, 200),
        ("GET", "/api/v1/query?from=0&to=90&query=avg:a.c%7B*%7D", NO_BODY, 200),
        ("GET", "/api/v1/query?from=0&to=90&query=avg:a.b%7B*%7D/sum:a.b%7B*%7D", NO_BODY, 200),
        ("GET", "/api/v1/query?from=0&to=90&query=a", NO_BODY, 400),
    ]
}

/// Sends all requests. Checks the answers, and the requests that were accepted, against the description.
async fn check(intake: &DatadogIntake, headers: &[(&str, &str)], exchanges: &[Exchange]) {
    let mut messages = vec![];
    for (method, target, body, expected) in exchanges {
        let (status, answer) = send(intake, headers, method, target, body).await;
        assert_eq!(status, *expected, "{method} {target}: {answer}");
        messages.push(contract::Message::answer(method, target, status, answer));
        if status < 300 {
            messages.push(contract::Message::request(method, target, body.clone()));
        }
    }
    for (message, problems) in messages.iter().zip(contract::problems(&messages)) {
        assert_eq!(problems, [""; 0], "{message:?}");
    }
}

#[tokio::test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
async fn the_fakes_answers_obey_datadogs_description() {
    check(&DatadogIntake::start(), &[API_KEY, APP_KEY], &exchanges()).await;
}

#[tokio::test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
async fn answers_403_and_429_obey_datadogs_description() {
    let intake = DatadogIntake::start();
    let with_status =
        |status| exchanges().into_iter().map(move |(method, target, body, _)| (method, target, body, status));
    // The description has no 403 for events, and no 429 for `validate_keys`.
    let forbidden: Vec<_> = with_status(403).filter(|(_, target, ..)| *target != EVENTS).collect();
    let too_many: Vec<_> =
        with_status(429).filter(|(_, target, ..)| !target.ends_with("/validate_keys")).collect();

    check(&intake, &[("DD-API-KEY", "wrong"), APP_KEY], &forbidden).await;
    intake.server().fail("/api/", error(429, "Too many requests"));
    check(&intake, &[API_KEY, APP_KEY], &too_many).await;
}
