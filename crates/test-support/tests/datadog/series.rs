//! API keys and series are checked. If a series gets several values for the same time, the last one is kept.

use serde_json::{Value, json};
use system_health_test_support::datadog::DatadogIntake;

use super::{API_KEY, SERIES, refused, send, series, submit};

#[tokio::test]
async fn api_keys_are_checked() {
    let intake = DatadogIntake::start();
    let wrong = [("DD-API-KEY", "wrong")];

    let good = send(&intake, &[API_KEY], "GET", "/api/v1/validate", &Value::Null).await;
    let refusal = send(&intake, &wrong, "GET", "/api/v1/validate", &Value::Null).await;
    let refused_series = send(&intake, &wrong, "POST", SERIES, &json!({"series": []})).await;

    assert_eq!(good, (200, json!({"valid": true})));
    assert_eq!(refusal, refused(403, "Forbidden"));
    assert_eq!(refused_series, refused(403, "Forbidden"));
    assert!(intake.payloads().is_empty());
}

#[tokio::test]
async fn the_last_write_wins_for_the_same_metric_tags_and_time() {
    let intake = DatadogIntake::start();
    let first = json!([series(1.0, 60, &["x:1", "y:1"]), series(2.0, 120, &["x:1", "y:1"])]);
    let again = json!([series(3.0, 60, &["y:1", "x:1"]), series(4.0, 60, &["x:2"])]);

    submit(&intake, first.clone()).await;
    submit(&intake, again.clone()).await;

    let stored: Vec<_> = intake.points().iter().map(|point| (point.timestamp, point.value)).collect();
    assert_eq!(stored, [(60, 3.0), (120, 2.0), (60, 4.0)]);
    assert_eq!(intake.payloads(), [json!({"series": first}), json!({"series": again})]);
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
        let (status, body) = send(&intake, &[API_KEY], "POST", SERIES, &broken).await;
        assert_eq!(status, 400, "{broken}: {body}");
    }
    let large = json!({"series": [], "filler": "x".repeat(600_000)});
    let answered = send(&intake, &[API_KEY], "POST", SERIES, &large).await;
    assert_eq!(answered, refused(413, "Payload Too Large"));
    assert!(intake.payloads().is_empty() && intake.points().is_empty());
}
