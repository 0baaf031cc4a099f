//! Previews and diagnoses, which `--dry-run` and `report doctor` show.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use serde_json::json;
use system_health_registry::{Distribution, Finding, Grade, Kind};
use system_health_test_support::server::{Answer, Server};
use tokio::time::Instant;

use crate::harness::{context, decoded, deliver, destination, point, receiver, sink};

async fn diagnose(url: &str) -> Vec<Finding> {
    destination(&format!("endpoint = '{url}'"), &[]).diagnose(context()).await
}

#[tokio::test]
async fn a_preview_is_the_request_in_the_json_of_otlp() {
    let server = receiver();
    let values = Distribution::from_values([-1.0, 0.0, 2.0, 3.0]).unwrap();
    let hourly_count = Kind::Count { interval: Duration::from_hours(1) };
    let points = [
        point(
            "commits.hotfix",
            Kind::Gauge,
            3.0,
            &["branch:main", "nightly", "team:a", "team:b", "service:shop"],
        ),
        point("deploys", hourly_count, 2.0, &[]),
        point("builds", Kind::Distribution, values, &[]),
        point("broken", hourly_count, -1.0, &[]),
    ];
    let destination = destination(&format!("endpoint = '{}'\ntemporality = 'lowmemory'", server.url()), &[]);

    let preview = destination.preview(context(), &points, &[]).await.unwrap();
    let sink = destination.connect(context()).await.unwrap();
    let _ = deliver(&*sink, &points[..1]).await;
    let _ = deliver(&*sink, &points[1..2]).await;
    let _ = deliver(&*sink, &points[2..3]).await;

    let previewed: ExportMetricsServiceRequest = serde_json::from_value(preview["request"].clone()).unwrap();
    let metrics = |requests: Vec<ExportMetricsServiceRequest>| {
        let resources = requests.into_iter().flat_map(|request| request.resource_metrics);
        let mut metrics: Vec<_> =
            resources.flat_map(|resource| resource.scope_metrics).flat_map(|scope| scope.metrics).collect();
        metrics.sort_by(|one, other| one.name.cmp(&other.name));
        metrics
    };
    let sent = server.requests().iter().map(decoded).collect();
    assert_eq!(metrics(vec![previewed]), metrics(sent));
    assert_eq!(
        preview["refused"],
        json!([
            "the value of `broken` is -1, and a count of OTLP cannot be negative; make the metric a gauge"
        ])
    );
}

#[tokio::test]
async fn a_diagnosis_sends_a_request_without_points() {
    let server = receiver();

    let findings = diagnose(&server.url()).await;

    assert_eq!(findings[0].grade, Grade::Ok);
    let message =
        format!("{}/v1/metrics accepts metrics; the preferred temporality is cumulative", server.url());
    assert!(findings[0].message.contains(&message), "{findings:?}");
    assert_eq!(decoded(&server.requests()[0]), ExportMetricsServiceRequest::default());
}

#[tokio::test]
async fn a_diagnosis_recognizes_that_a_server_is_not_a_receiver() {
    let server = Server::start(|_| Answer::text(404, "text/plain", "404 page not found"));

    let findings = diagnose(&server.url()).await;

    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].grade, Grade::Failed);
}

#[tokio::test]
async fn a_check_sends_a_request_without_points() {
    let server = receiver();

    sink(&server.url(), "").await.check(Instant::now() + Duration::from_mins(1)).await.unwrap();

    assert_eq!(decoded(&server.requests()[0]), ExportMetricsServiceRequest::default());
}
