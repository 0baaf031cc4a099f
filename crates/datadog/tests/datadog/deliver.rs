//! What the sink sends, and what the intake stores.

use std::time::Duration;

use serde_json::json;
use system_health_datadog::{DatadogSink, payload};
use system_health_registry::ApiCalls;
use system_health_test_support::datadog::DatadogIntake;

use crate::harness::{Fates, TIMESTAMP, config, deliver, gauge, mixed, requests_by_status, sink};

#[tokio::test]
async fn values_arrive_with_kind_unit_tags_and_time() {
    let intake = DatadogIntake::start();

    let fates = deliver(&sink(&intake), &mixed()).await;

    assert_eq!(fates, Fates { accepted: vec![0, 1, 2, 3], ..Fates::default() });
    let points = |value: f64| json!([{"timestamp": TIMESTAMP, "value": value}]);
    let base = ["env:test", "source:system-health"];
    let expected = json!({"series": [
        {"metric": "commits.hotfix", "type": 3, "unit": "commit", "points": points(7.5),
         "tags": ["branch:main", "env:test", "source:system-health", "team:platform"]},
        {"metric": "commits.hotfix", "type": 3, "unit": "commit", "points": points(0.25),
         "tags": ["branch:next/1", "env:test", "source:system-health", "team:platform"]},
        {"metric": "deploys", "type": 1, "interval": 900, "points": points(3.5), "tags": base},
        {"metric": "requests", "type": 2, "interval": 900, "points": points(-1e300), "tags": base},
    ]});
    assert_eq!(intake.payloads(), [expected]);
}

#[tokio::test]
async fn the_request_is_compressed_and_carries_the_key() {
    let intake = DatadogIntake::start();

    deliver(&sink(&intake), &mixed()).await;

    let requests = intake.server().requests();
    let [request] = &requests[..] else { panic!("one request, not {requests:?}") };
    assert_eq!(request.line(), "POST /api/v2/series");
    assert_eq!(request.header("content-encoding"), Some("zstd1"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("dd-api-key"), Some(DatadogIntake::KEY));
    assert!(request.wire_length < request.body.len());
}

#[tokio::test]
async fn the_payload_equals_what_is_sent() {
    let intake = DatadogIntake::start();

    deliver(&sink(&intake), &mixed()).await;

    let previewed = serde_json::to_value(payload(&mixed())).unwrap();
    assert_eq!(previewed, intake.payloads()[0]);
}

#[tokio::test]
async fn points_keep_their_own_times() {
    let intake = DatadogIntake::start();
    let mut points = vec![gauge("metric", 1.0, &[]), gauge("metric", 2.0, &[])];
    points[0].timestamp -= Duration::from_mins(15);

    deliver(&sink(&intake), &points).await;

    let stored: Vec<_> = intake.points().iter().map(|point| (point.timestamp, point.value)).collect();
    let now = i64::try_from(TIMESTAMP).unwrap();
    assert_eq!(stored, [(now - 900, 1.0), (now, 2.0)]);
}

#[tokio::test]
async fn a_repeated_delivery_overwrites_the_first() {
    let intake = DatadogIntake::start();
    let sink = sink(&intake);

    deliver(&sink, &mixed()).await;
    let once = intake.points();
    deliver(&sink, &mixed()).await;

    assert_eq!(intake.payloads().len(), 2);
    assert_eq!(intake.points(), once);
}

#[tokio::test]
async fn nothing_is_sent_without_points() {
    let intake = DatadogIntake::start();

    let fates = deliver(&sink(&intake), &[]).await;

    assert_eq!(fates, Fates::default());
    assert!(intake.server().requests().is_empty());
}

#[tokio::test]
async fn every_request_is_counted() {
    let intake = DatadogIntake::start();
    let calls = ApiCalls::default();
    let sink = DatadogSink::new(&config(&intake.url()).with_api_calls(calls.clone())).unwrap();

    sink.validate().await.unwrap();
    deliver(&sink, &mixed()).await;
    deliver(&sink, &mixed()).await;

    assert_eq!(requests_by_status(&calls), [(Some(200), 1), (Some(202), 2)]);
    assert!(calls.by_status()[1].duration > Duration::ZERO);
}

#[test]
fn the_maximum_age_is_just_below_one_hour() {
    let age = DatadogSink::CAPABILITIES.max_age;
    assert!(age < Duration::from_hours(1) && age > Duration::from_mins(50), "{age:?}");
}

#[tokio::test]
async fn a_url_may_have_a_path() {
    let intake = DatadogIntake::start();

    let sink = DatadogSink::new(&config(&format!("{}/proxied/", intake.url()))).unwrap();
    let error = sink.validate().await.unwrap_err();

    assert!(error.to_string().contains("answered 404: Not Found"), "{error}");
    assert_eq!(intake.server().requests()[0].line(), "GET /proxied/api/v1/validate");
}
