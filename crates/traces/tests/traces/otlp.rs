//! Requests to a receiver, decoded with OpenTelemetry's own types.

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    },
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use prost::Message;
use system_health_registry::{system_health_metric, trace::Trace};
use system_health_test_support::server::{Answer, Request, Server};

use crate::harness::{send, trace_run, tracer, tracer_with_variables};

/// An error, with a message.
#[system_health_metric(key = "exported.failing")]
async fn failing() -> Result<u64, std::io::Error> {
    tracing::warn!("the broker is slow");
    Err(std::io::Error::other("connection refused"))
}

/// Has a span with a field whose name is that of an attribute that the exporter sets.
#[system_health_metric(key = "exported.named")]
fn named() -> u64 {
    let _span = tracing::info_span!("job", resource.name = "own", team = "web").entered();
    1
}

/// A receiver that accepts everything.
pub(crate) fn receiver() -> Server {
    Server::start(|_: &Request| Answer::text(200, "application/x-protobuf", ""))
}

/// The spans of a request.
pub(crate) fn decoded(request: &Request) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(&*request.body).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

/// A tracer that sends to a receiver at a URL, and its trace of a run with an error.
pub(crate) async fn failing_run(
    url: &str,
) -> (std::sync::Arc<dyn system_health_registry::trace::Tracer>, Trace) {
    let tracer = tracer(&format!("exporter = 'otlp'\nendpoint = '{url}'"));
    let trace = trace_run(&*tracer, &["exported.failing"]).await;
    (tracer, trace)
}

#[tokio::test]
async fn a_receiver_gets_all_spans() {
    let server = receiver();
    let (tracer, trace) = failing_run(&server.url()).await;

    send(&*tracer, &trace).await.unwrap();

    let request = server.requests().remove(0);
    assert_eq!(request.line(), "POST /v1/traces");
    let spans = decoded(&request);
    assert_eq!(spans.len(), trace.spans.len());
    let (root, metric) = (&spans[0], &spans[1]);
    assert_eq!(root.trace_id, trace.trace_id.get().to_be_bytes());
    assert!(root.parent_span_id.is_empty());
    assert_eq!(metric.parent_span_id, root.span_id);
    assert_eq!((metric.name.as_str(), metric.kind()), ("system_health.metric", SpanKind::Internal));
    assert!(root.start_time_unix_nano <= metric.start_time_unix_nano);
    assert!(metric.end_time_unix_nano <= root.end_time_unix_nano);
    let status = metric.status.as_ref().unwrap();
    assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, "connection refused"));
    let events: Vec<_> = metric.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(events, ["log", "exception"]);
}

#[tokio::test]
async fn names_of_attributes_are_unique() {
    let server = receiver();
    let tracer = tracer(&format!("exporter = 'otlp'\nendpoint = '{}'", server.url()));
    let trace = trace_run(&*tracer, &["exported.named"]).await;

    send(&*tracer, &trace).await.unwrap();

    let spans = decoded(&server.requests()[0]);
    let job = spans.iter().find(|span| span.name == "job").unwrap();
    let names: Vec<_> = job.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(names, ["resource.name", "team"]);
    assert!(!format!("{:?}", job.attributes).contains("own"), "{:?}", job.attributes);
}

#[tokio::test]
async fn a_header_of_the_settings_replaces_that_of_the_request() {
    let server = receiver();
    let settings = format!("exporter = 'otlp'\nendpoint = '{}'", server.url());
    let variables = [("OTEL_EXPORTER_OTLP_HEADERS", "content-type=application/vnd.shop")];
    let tracer = tracer_with_variables(&settings, &variables);
    let trace = trace_run(&*tracer, &["exported.named"]).await;

    send(&*tracer, &trace).await.unwrap();

    assert_eq!(server.requests()[0].header("content-type"), Some("application/vnd.shop"));
}

#[tokio::test]
async fn a_refused_login_is_an_error() {
    let server = Server::start(|_: &Request| Answer::text(401, "text/plain", ""));
    let (tracer, trace) = failing_run(&server.url()).await;

    let error = send(&*tracer, &trace).await.unwrap_err();

    let expected = "the login was refused (401 Unauthorized); check OTEL_EXPORTER_OTLP_TRACES_HEADERS or \
                    OTEL_EXPORTER_OTLP_HEADERS";
    assert!(error.contains(expected), "{error}");
}

#[tokio::test]
async fn refused_spans_are_an_error_although_the_request_succeeded() {
    for (error_message, expected) in [
        ("the spans are too old", "the receiver refused some spans: 2 (the spans are too old)"),
        ("", "the receiver refused some spans: 2 (without a reason)"),
    ] {
        let partial =
            ExportTracePartialSuccess { rejected_spans: 2, error_message: error_message.to_owned() };
        let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        let server =
            Server::start(move |_: &Request| Answer { status: 200, headers: vec![], body: body.clone() });
        let (tracer, trace) = failing_run(&server.url()).await;

        let error = send(&*tracer, &trace).await.unwrap_err();

        assert_eq!(error, format!("POST {}/v1/traces: {expected}", server.url()));
    }
}
