//! What is sent, and what is stored of it.

use secrecy::SecretString;
use serde_json::json;
use system_health_datadog::{DatadogSink, payload};
use system_health_registry::{Receipt, Sink};
use system_health_test_support::{datadog::DatadogIntake, server::Request};

use crate::harness::{TIMESTAMP, config, empty, mixed, sink};

#[tokio::test]
async fn values_arrive_with_kind_unit_tags_and_one_time() {
    let intake = DatadogIntake::start();

    let receipt = sink(&intake).deliver(&mixed().await).await.unwrap();

    assert_eq!(receipt, Receipt::new(4));
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

    sink(&intake).deliver(&mixed().await).await.unwrap();

    let requests = intake.server().requests();
    let [request] = &requests[..] else { panic!("one request, not {requests:?}") };
    assert_eq!(request.line(), "POST /api/v2/series");
    assert_eq!(request.header("content-encoding"), Some("zstd1"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("dd-api-key"), Some(DatadogIntake::KEY));
    assert!(request.wire_length < request.body.len());
}

#[tokio::test]
async fn the_payload_is_what_is_sent() {
    let intake = DatadogIntake::start();
    let report = mixed().await;

    sink(&intake).deliver(&report).await.unwrap();

    let shown = serde_json::to_value(payload(&report)).unwrap();
    assert_eq!(shown, intake.payloads()[0]);
}

#[tokio::test]
async fn a_repeated_delivery_overwrites_the_first() {
    let intake = DatadogIntake::start();
    let (sink, report) = (sink(&intake), mixed().await);

    sink.deliver(&report).await.unwrap();
    let once = intake.points();
    sink.deliver(&report).await.unwrap();

    assert_eq!(intake.payloads().len(), 2);
    assert_eq!(intake.points(), once);
}

#[tokio::test]
async fn a_report_without_values_only_checks_the_key() {
    let intake = DatadogIntake::start();

    let receipt = sink(&intake).deliver(&empty().await).await.unwrap();
    let mut wrong = config(&intake.url());
    wrong.api_key = SecretString::from("wrong");
    let refused = DatadogSink::new(wrong).unwrap().deliver(&empty().await).await.unwrap_err();

    assert_eq!(receipt, Receipt::new(0));
    assert!(refused.to_string().starts_with("the API key was refused"), "{refused}");
    let lines: Vec<_> = intake.server().requests().iter().map(Request::line).collect();
    assert_eq!(lines, ["GET /api/v1/validate", "GET /api/v1/validate"]);
}

#[tokio::test]
async fn a_url_may_have_a_path() {
    let intake = DatadogIntake::start();

    let sink = DatadogSink::new(config(&format!("{}/proxied/", intake.url()))).unwrap();
    let error = sink.check().await.unwrap_err();

    assert!(error.to_string().contains("answered 404: Not Found"), "{error}");
    assert_eq!(intake.server().requests()[0].line(), "GET /proxied/api/v1/validate");
}
