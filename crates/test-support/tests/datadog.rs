//! The fake intake behaves as Datadog documents, and in words that Datadog's own description allows.

use reqwest::Method;
use serde_json::{Value, json};
use system_health_test_support::datadog::{DatadogIntake, contract, error};

const VALIDATE: &str = "/api/v1/validate";
const VALIDATE_BOTH: &str = "/api/v2/validate_keys";
const SERIES: &str = "/api/v2/series";

async fn send(intake: &DatadogIntake, key: &str, method: Method, path: &str, body: String) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, intake.url() + path).header("DD-API-KEY", key).body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

async fn validate_both(intake: &DatadogIntake, key: &str) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(intake.url() + VALIDATE_BOTH).header("DD-API-KEY", key);
    let answer = request.header("DD-APPLICATION-KEY", DatadogIntake::APP_KEY).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

async fn submit(intake: &DatadogIntake, payload: &Value) -> (u16, Value) {
    send(intake, DatadogIntake::KEY, Method::POST, SERIES, payload.to_string()).await
}

fn series(value: f64, timestamp: i64, tags: &[&str]) -> Value {
    json!({"metric": "a.b", "type": 3, "points": [{"timestamp": timestamp, "value": value}], "tags": tags})
}

#[tokio::test]
async fn keys_are_checked() {
    let intake = DatadogIntake::start();

    let good = send(&intake, DatadogIntake::KEY, Method::GET, VALIDATE, String::new()).await;
    let wrong = send(&intake, "wrong", Method::GET, VALIDATE, String::new()).await;
    let refused = send(&intake, "wrong", Method::POST, SERIES, json!({"series": []}).to_string()).await;

    assert_eq!(good, (200, json!({"valid": true})));
    assert_eq!(wrong, (403, json!({"errors": ["Forbidden"]})));
    assert_eq!(refused, (403, json!({"errors": ["Forbidden"]})));
    assert!(intake.payloads().is_empty());
}

#[tokio::test]
async fn the_last_write_wins_for_a_metric_its_tags_and_a_time() {
    let intake = DatadogIntake::start();
    let first = json!({"series": [series(1.0, 60, &["x:1", "y:1"]), series(2.0, 120, &["x:1", "y:1"])]});
    let again = json!({"series": [series(3.0, 60, &["y:1", "x:1"]), series(4.0, 60, &["x:2"])]});

    assert_eq!(submit(&intake, &first).await, (202, json!({"errors": []})));
    assert_eq!(submit(&intake, &again).await, (202, json!({"errors": []})));

    let stored: Vec<_> = intake.points().iter().map(|point| (point.timestamp, point.value)).collect();
    assert_eq!(stored, [(60, 3.0), (120, 2.0), (60, 4.0)]);
    assert_eq!(intake.payloads(), [first, again]);
}

#[tokio::test]
async fn payloads_that_datadog_cannot_read_are_refused() {
    let intake = DatadogIntake::start();
    let without = |field: &str| {
        let mut series = series(1.0, 60, &[]);
        series.as_object_mut().unwrap().remove(field);
        series
    };

    for broken in [
        json!({}),
        json!({"series": [without("metric")]}),
        json!({"series": [without("points")]}),
        json!({"series": [{"metric": "a", "type": 9, "points": []}]}),
        json!({"series": [{"metric": "a", "points": [{"timestamp": 60, "value": "1"}]}]}),
    ] {
        let (status, body) = submit(&intake, &broken).await;
        assert_eq!(status, 400, "{broken}: {body}");
    }
    let large = json!({"series": [], "filler": "x".repeat(600_000)});
    assert_eq!(submit(&intake, &large).await, (413, json!({"errors": ["Payload Too Large"]})));
    assert!(intake.payloads().is_empty() && intake.points().is_empty());
}

#[tokio::test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
async fn the_fakes_answers_obey_datadogs_description() {
    let intake = DatadogIntake::start();
    let good = json!({"series": [series(1.0, 60, &[])]});
    let large = json!({"series": [], "filler": "x".repeat(600_000)});
    let mut answers = Vec::new();
    for key in [DatadogIntake::KEY, "wrong"] {
        answers.push((Method::GET, VALIDATE, send(&intake, key, Method::GET, VALIDATE, String::new()).await));
        answers.push((
            Method::POST,
            SERIES,
            send(&intake, key, Method::POST, SERIES, good.to_string()).await,
        ));
        answers.push((Method::GET, VALIDATE_BOTH, validate_both(&intake, key).await));
    }
    for payload in [json!({}), large] {
        answers.push((Method::POST, SERIES, submit(&intake, &payload).await));
    }
    intake.server().fail(SERIES, error(429, "Too many requests"));
    answers.push((Method::POST, SERIES, submit(&intake, &good).await));

    let statuses: Vec<u16> = answers.iter().map(|(_, _, (status, _))| *status).collect();
    assert_eq!(statuses, [200, 202, 200, 403, 403, 403, 400, 413, 429]);
    let messages: Vec<_> = answers
        .iter()
        .map(|(method, path, (status, body))| {
            contract::Message::answer(method.as_str(), path, *status, body.clone())
        })
        .collect();
    assert_eq!(contract::faults(&messages), vec![Vec::<String>::new(); messages.len()]);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn the_contract_refuses_what_datadog_would_misread() {
    let good = json!({"series": [series(1.0, 60, &["x:1"])]});
    let broken = |pointer: &str, name: &str, value: Value| {
        let mut payload = good.clone();
        let object = payload.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            object.remove(name)
        } else {
            object.insert(name.to_owned(), value)
        };
        contract::Message::series(payload)
    };
    let messages = [
        contract::Message::series(good.clone()),
        broken("/series/0", "intervall", json!(60)),
        broken("/series/0", "type", json!(4)),
        broken("/series/0", "type", json!("gauge")),
        broken("/series/0/points/0", "value", json!("1")),
        broken("/series/0/points/0", "timestamp", json!(1.5)),
        broken("/series/0", "metric", Value::Null),
        broken("", "series", Value::Null),
        contract::Message::answer("POST", SERIES, 202, json!({"errors": "none"})),
        contract::Message::answer("POST", SERIES, 403, json!({})),
        contract::Message::answer("POST", SERIES, 418, json!({"errors": []})),
        contract::Message::answer("GET", VALIDATE, 200, json!({"valid": "yes"})),
        contract::Message::answer("GET", VALIDATE_BOTH, 200, json!({"status": "fine"})),
        contract::Message { method: "POST", path: "/api/v2/serie", status: None, body: good.clone() },
    ];

    let faults = contract::faults(&messages);

    assert_eq!(faults[0], [""; 0], "the payload that the others are made of is valid");
    for (message, faults) in messages.iter().zip(&faults).skip(1) {
        assert!(!faults.is_empty(), "accepted: {message:?}");
    }
}
