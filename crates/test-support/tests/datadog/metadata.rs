//! Datadog knows a metric from its first point on.

use serde_json::json;
use system_health_test_support::datadog::DatadogIntake;

use super::{API_KEY, METRICS, call, get, refused, send, series, submit};

#[tokio::test]
async fn metadata_begins_with_the_first_series_and_is_edited_by_property() {
    let intake = DatadogIntake::start();
    let path = format!("{METRICS}/a.b");
    let description = json!({"description": "What it is.", "per_unit": "second"});
    assert_eq!(get(&intake, &path).await, refused(404, "metric_name not found"));
    assert_eq!(call(&intake, "PUT", &path, description.clone()).await, refused(404, "metric_name not found"));
    let mut first = series(1.0, 60, &[]);
    first["unit"] = json!("byte");
    submit(&intake, json!([first])).await;
    submit(&intake, json!([series(1.0, 60, &[])])).await;

    assert_eq!(get(&intake, &path).await, (200, json!({"type": "gauge", "unit": "byte"})));
    let edited = json!({"type": "gauge", "unit": "byte", "description": "What it is.", "per_unit": "second"});
    assert_eq!(call(&intake, "PUT", &path, description).await, (200, edited.clone()));
    assert_eq!(intake.metadata("a.b"), Some(edited));
    assert_eq!(intake.metadata("a.c"), None);
}

#[tokio::test]
async fn metadata_that_datadog_cannot_read_is_refused() {
    let intake = DatadogIntake::start();
    submit(&intake, json!([series(1.0, 60, &[])])).await;
    let path = format!("{METRICS}/a.b");

    for broken in [json!({"unit": 5}), json!({"statsd_interval": "5"}), json!({"units": "byte"}), json!([])] {
        assert_eq!(call(&intake, "PUT", &path, broken.clone()).await.0, 400, "{broken}");
    }
    let without_app_key = send(&intake, &[API_KEY], "PUT", &path, &json!({"unit": "byte"})).await;
    assert_eq!(without_app_key, refused(403, "Forbidden"));
    assert_eq!(intake.metadata("a.b"), Some(json!({"type": "gauge"})));
}
