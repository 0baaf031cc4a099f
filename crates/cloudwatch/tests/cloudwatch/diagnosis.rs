//! The findings of `report doctor`, and the check of the credentials.

use std::time::Duration;

use serde_json::json;
use system_health_registry::{Context, Grade};
use system_health_test_support::server::Server;
use tokio::time::Instant;

use crate::harness::{PUT_METRIC_DATA, accepting, body, context, destination, error, sink};

/// CloudWatch that allows the request and refuses its data.
fn refusing() -> Server {
    Server::start(|_| error(400, "InvalidParameterCombinationException"))
}

async fn finding(server: &Server) -> (Grade, String) {
    let context = context(&server.url(), "AKIDEXAMPLE", "example");
    let mut findings = destination(PUT_METRIC_DATA).diagnose(context).await;
    assert_eq!((findings.len(), &*findings[0].check), (1, "CloudWatch"));
    let finding = findings.remove(0);
    (finding.grade, finding.message)
}

#[tokio::test]
async fn the_request_of_a_delivery_is_tried_without_storing_anything() {
    let server = refusing();

    let (grade, message) = finding(&server).await;

    assert_eq!(grade, Grade::Ok);
    assert_eq!(message, "cloudwatch:PutMetricData is allowed for the namespace Shop in us-east-1");
    let sent = body(&server.requests()[0]);
    assert_eq!(sent["Namespace"], "Shop");
    assert_eq!(
        sent["MetricData"],
        json!([{"MetricName": "system-health.probe", "Value": 0.0, "Values": [0.0]}])
    );
}

#[tokio::test]
async fn a_missing_permission_is_named_with_the_statement() {
    let server = Server::start(|_| error(403, "AccessDenied"));

    let (grade, message) = finding(&server).await;

    assert_eq!(grade, Grade::Failed);
    assert_eq!(
        message,
        "the request cloudwatch:PutMetricData failed: access is denied: no (in us-east-1); the IAM policy lacks {\"Effect\": \
         \"Allow\", \"Action\": \"cloudwatch:PutMetricData\", \"Resource\": \"*\", \"Condition\": \
         {\"StringEquals\":{\"cloudwatch:namespace\":\"Shop\"}}}"
    );
}

#[tokio::test]
async fn a_failure_that_is_not_a_missing_permission_is_reported_without_a_statement() {
    let server = accepting();
    server.fail("POST /", error(404, "UnknownOperationException"));
    let (grade, message) = finding(&server).await;
    assert_eq!(grade, Grade::Failed);
    assert!(message.contains("UnknownOperationException") && !message.contains("policy"), "{message}");
}

#[tokio::test]
async fn the_check_of_a_sink_sends_the_request_of_the_diagnosis() {
    let deadline = || Instant::now() + Duration::from_mins(1);
    let (refusing, denying) = (refusing(), Server::start(|_| error(403, "AccessDenied")));

    assert!(sink(&refusing.url()).await.check(deadline()).await.is_ok());
    assert_eq!(body(&refusing.requests()[0])["MetricData"][0]["MetricName"], "system-health.probe");
    let error = sink(&denying.url()).await.check(deadline()).await.unwrap_err();
    assert!(error.to_string().contains("access is denied"), "{error}");
}

#[tokio::test]
async fn documents_need_neither_credentials_nor_a_region() {
    let findings = destination("emf = true").diagnose(Context::new()).await;

    assert_eq!(findings[0].grade, Grade::Ok);
    assert!(findings[0].message.contains("SystemHealth"), "{findings:?}");
}
