//! The fates of points if a receiver, or a proxy in front of it, does not accept them.

use std::{net::TcpListener, time::Duration};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use system_health_registry::{Kind, Point};
use system_health_test_support::server::{Answer, Fault, Request, Server};

use crate::harness::{
    LINE, context, deliver, deliver_within, destination, gauge, names, partial_success, point, protobuf,
    receiver, sink,
};

/// Long enough for a response on a busy machine, and short enough for tests of missing responses.
const SHORT_TIMEOUT: Duration = Duration::from_secs(2);

const DELTA: &str = "temporality = 'delta'";

fn gauges() -> Vec<Point> {
    ["a", "b", "c", "d", "e"].map(|key| gauge(key, 1.0)).into()
}

/// Counts, which add up with the preference `delta`.
fn counts() -> Vec<Point> {
    let count = Kind::Count { interval: Duration::from_hours(1) };
    ["a", "b", "c", "d", "e"].map(|key| point(key, count, 1.0, &[])).into()
}

fn server_answering(status: u16, content_type: &'static str, text: &'static str) -> Server {
    Server::start(move |_| Answer::text(status, content_type, text))
}

/// Answers like a receiver that refuses the points of `c`: either the whole request, or only these points.
fn response_refusing_c(request: &Request, refuses_request: bool) -> Answer {
    let refused = names(request).iter().filter(|name| *name == "c").count();
    match (refused, refuses_request) {
        (0, _) => protobuf(200, &ExportMetricsServiceResponse::default()),
        (_, true) => Answer::json(400, &serde_json::json!({ "message": "c is invalid" })),
        (refused, false) => partial_success(refused.try_into().unwrap(), "c is too old"),
    }
}

#[tokio::test]
async fn a_refused_point_does_not_affect_others() {
    for refuses_request in [true, false] {
        let server = Server::start(move |request| response_refusing_c(request, refuses_request));

        let fates = deliver(&*sink(&server.url(), "").await, &gauges()).await;

        let error = if refuses_request {
            format!(
                "POST {}/v1/metrics: the receiver refused the metrics (HTTP 400: c is invalid)",
                server.url()
            )
        } else {
            "the receiver reports that it refused 1 of 1 points (c is too old)".to_owned()
        };
        assert_eq!(fates[2], format!("refused: `c` is refused: {error}"));
        let others: Vec<_> = fates.iter().filter(|fate| *fate == "accepted").collect();
        assert_eq!(others.len(), 4, "{fates:?}");
    }
}

#[tokio::test]
async fn points_that_add_up_are_not_sent_again_after_a_partial_success() {
    let server = Server::start(|request| response_refusing_c(request, false));

    let fates = deliver(&*sink(&server.url(), DELTA).await, &counts()).await;

    assert_eq!(server.requests().len(), 1);
    let start =
        "unknown: of the 5 points of a request, the receiver reports 1 as refused, and does not say which";
    assert!(fates.iter().all(|fate| fate.starts_with(start)), "{fates:?}");
}

#[tokio::test]
async fn the_parts_of_a_refused_request_are_sent_because_nothing_was_stored() {
    let server = Server::start(|request| response_refusing_c(request, true));

    let fates = deliver(&*sink(&server.url(), DELTA).await, &counts()).await;

    assert!(fates[2].starts_with("refused: `c` is refused"), "{fates:?}");
    assert_eq!(fates.iter().filter(|fate| *fate == "accepted").count(), 4, "{fates:?}");
}

#[tokio::test]
async fn a_refusal_may_have_no_reason() {
    let server = Server::start(|_| partial_success(1, ""));

    let fates = deliver(&*sink(&server.url(), "").await, &[gauge("a", 1.0)]).await;

    let error = "the receiver reports that it refused 1 of 1 points and gives no reason";
    assert_eq!(fates, [format!("refused: `a` is refused: {error}")]);
}

#[tokio::test]
async fn a_warning_is_not_a_refusal() {
    let server = Server::start(|_| partial_success(0, "use another unit"));

    assert_eq!(deliver(&*sink(&server.url(), "").await, &gauges()).await, ["accepted"; 5]);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_split() {
    let server = Server::start(|request| match names(request).len() {
        0..=2 => protobuf(200, &ExportMetricsServiceResponse::default()),
        _ => Answer::text(413, "text/html", "<html>too large</html>"),
    });

    assert_eq!(deliver(&*sink(&server.url(), "").await, &gauges()).await, ["accepted"; 5]);
}

#[tokio::test]
async fn temporary_errors_are_retried() {
    let server = receiver();
    for status in [429, 502, 503, 504] {
        server.fail_times(1, LINE, Answer::text(status, "text/plain", "").with_header("retry-after", "0"));
    }
    server.fail_times(1, LINE, Fault::Disconnect);

    assert_eq!(deliver(&*sink(&server.url(), "").await, &gauges()).await, ["accepted"; 5]);

    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn points_are_left_if_the_required_wait_is_too_long() {
    let server = receiver();
    server.fail(LINE, Answer::text(429, "text/plain", "slow down").with_header("retry-after", "3600"));

    let fates = deliver_within(SHORT_TIMEOUT, &*sink(&server.url(), "").await, &gauges()).await;

    assert_eq!(server.requests().len(), 1);
    assert!(fates.iter().all(|fate| fate.starts_with("left: gave up, because a wait of 3600s")), "{fates:?}");
}

#[tokio::test]
async fn deltas_that_may_have_arrived_are_not_sent_again() {
    for fault in [Fault::Answer(Answer::text(504, "text/plain", "")), Fault::Disconnect] {
        let server = receiver();
        server.fail_times(1, LINE, fault);

        let fates = deliver(&*sink(&server.url(), DELTA).await, &counts()).await;

        assert_eq!(server.requests().len(), 1);
        assert!(fates.iter().all(|fate| fate.starts_with("unknown: ")), "{fates:?}");
    }
    let server = receiver();
    server.fail_times(1, LINE, Answer::text(503, "text/plain", "").with_header("retry-after", "0"));
    assert_eq!(deliver(&*sink(&server.url(), DELTA).await, &counts()).await, ["accepted"; 5]);
}

#[tokio::test]
async fn points_are_unknown_if_they_may_have_arrived_and_left_otherwise() {
    let hanging = receiver();
    hanging.fail("POST", Fault::Hang);
    let unused_address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let no_retry = server_answering(500, "text/plain", "out of space");
    for (url, expected) in [
        (hanging.url(), "unknown: "),
        (no_retry.url(), "unknown: POST"),
        (server_answering(200, "application/json", "[{\"sha\": ").url(), "unknown: POST"),
        (format!("http://{unused_address}"), "left: "),
    ] {
        let fates = deliver_within(SHORT_TIMEOUT, &*sink(&url, "").await, &gauges()).await;

        assert!(fates.iter().all(|fate| fate.starts_with(expected)), "{fates:?}");
    }
    assert_eq!(no_retry.requests().len(), 1, "the protocol forbids a retry");
}

#[tokio::test]
async fn points_are_left_if_the_server_is_not_a_receiver() {
    for (status, content_type, text, quoted) in [
        (404, "text/plain", "404 page not found", "HTTP 404: 404 page not found"),
        (302, "text/plain", "", "HTTP 302"),
        (200, "text/html", "<html>Log in</html>", "HTTP 200: a page of HTML"),
    ] {
        let server = server_answering(status, content_type, text);

        let fates = deliver(&*sink(&server.url(), "").await, &gauges()).await;

        let error = format!(
            "left: POST {}/v1/metrics: this is not the response of an OTLP receiver ({quoted}); check `endpoint` and \
             `metrics_endpoint` in [otlp], OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            server.url()
        );
        assert_eq!(fates, vec![error; 5]);
    }
}

#[tokio::test]
async fn the_error_about_a_refused_login_contains_advice_but_no_secret() {
    for status in [401, 403] {
        let server = Server::start(move |request| {
            let secret = request.header("authorization").unwrap_or_default();
            Answer::text(status, "text/plain", secret.trim_start_matches("Bearer "))
        });
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*server.url()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer hunter2hunter2"),
        ];
        let sink = destination("", &variables).connect(context()).await.unwrap();

        let fates = deliver(&*sink, &gauges()).await;

        assert!(
            fates[0].contains("check OTEL_EXPORTER_OTLP_METRICS_HEADERS, OTEL_EXPORTER_OTLP_HEADERS or")
                && fates[0].contains("[secret]"),
            "{fates:?}"
        );
        assert!(
            fates.iter().all(|fate| fate.starts_with("left: ") && !fate.contains("hunter2")),
            "{fates:?}"
        );
        assert_eq!(server.requests().len(), 1);
    }
}
