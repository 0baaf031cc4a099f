//! Requests of remote writes, and the fates of points if the server does not accept them.

use std::time::Duration;

use serde_json::json;
use system_health_registry::{Context, Grade, Point};
use system_health_test_support::server::{Answer, Fault, Request, Server};

use crate::harness::{
    Fates, context, deliver, deliver_all, deliver_within, destinations, distribution, gauge, sink, sink_with,
};

/// The time for a delivery. Long enough for a response on a busy machine, and short enough for tests of missing responses.
const DELIVERY_TIME: Duration = Duration::from_secs(2);

fn points() -> Vec<Point> {
    ["a", "b", "c", "d", "e"].map(|key| gauge(0, key, 1.0, &["n:1"])).into()
}

fn table(server: &Server) -> String {
    format!("remote_write = \"{}/api/v1/write\"", server.url())
}

/// The names of the metrics in a request. Each name has one letter.
fn names(request: &Request) -> String {
    let body = snap::raw::Decoder::new().decompress_vec(&request.body).unwrap();
    let text = String::from_utf8_lossy(&body);
    text.split("__name__\u{12}\u{1}").skip(1).filter_map(|rest| rest.chars().next()).collect()
}

/// The fates of points with two times if the server gives every request this response, and the number of requests.
async fn fates_for_response(status: u16, text: &str) -> (Fates, usize) {
    let text = text.to_owned();
    let server = Server::start(move |_| Answer::text(status, "text/plain", &text));
    let points_of_two_times = [points(), vec![gauge(1, "a", 1.0, &[])]].concat();
    let fates = deliver_within(DELIVERY_TIME, &*sink(&table(&server)).await, &points_of_two_times).await;
    (fates, server.requests().len())
}

#[tokio::test]
async fn a_request_has_the_headers_of_the_protocol() {
    let server = Server::start(|_| Answer::text(204, "text/plain", ""));
    let table = format!("{}\nremote_write_headers = {{ X-Scope-OrgID = \"acme\" }}", table(&server));
    let token = ("PROMETHEUS_REMOTE_WRITE_TOKEN", "hunter22");

    deliver_all(&*sink_with(&table, &[token]).await, &points()).await;
    let login =
        [("PROMETHEUS_REMOTE_WRITE_USERNAME", "me"), ("PROMETHEUS_REMOTE_WRITE_PASSWORD", "hunter22")];
    deliver_all(&*sink_with(&table, &login).await, &points()).await;

    let requests = server.requests();
    let header = |index: usize, name: &str| requests[index].header(name).unwrap_or_default().to_owned();
    for (name, value) in [
        ("content-encoding", "snappy"),
        ("content-type", "application/x-protobuf"),
        ("x-prometheus-remote-write-version", "0.1.0"),
        ("x-scope-orgid", "acme"),
        ("authorization", "Bearer hunter22"),
    ] {
        assert_eq!(header(0, name), value, "{name}");
    }
    assert!(header(0, "user-agent").starts_with("system-health/"));
    assert_eq!(header(1, "authorization"), "Basic bWU6aHVudGVyMjI=");
    assert_eq!(requests[0].line(), "POST /api/v1/write");
    assert_eq!(names(&requests[0]), "abcde");
}

#[tokio::test]
async fn samples_are_sent_in_the_order_of_their_times() {
    let server = Server::start(|_| Answer::text(204, "text/plain", ""));
    let points = [gauge(2, "c", 1.0, &[]), gauge(0, "a", 1.0, &[]), gauge(1, "b", 1.0, &[])];

    deliver_all(&*sink(&table(&server)).await, &points).await;

    assert_eq!(server.requests().iter().map(names).collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_refused_sample_does_not_affect_others() {
    let server = Server::start(|request| match names(request) {
        names if names.contains('c') => Answer::text(400, "text/plain", "out of order sample"),
        names if names.len() > 3 => Answer::text(413, "text/plain", "too large"),
        _ => Answer::text(204, "text/plain", ""),
    });

    let fates = deliver(&*sink(&table(&server)).await, &points()).await;

    assert_eq!(fates.accepted, [0, 1, 3, 4]);
    let expected = format!(
        "`c` is refused: POST {}/api/v1/write: the samples are refused (HTTP 400: out of order sample)",
        server.url()
    );
    assert_eq!(fates.refused[&2], expected);
}

#[tokio::test]
async fn a_point_is_repeated_if_its_time_already_has_another_value() {
    for refusal in [
        "duplicate sample for timestamp",
        "duplicate sample for timestamp 1767323045000; overrides not allowed: existing 1, new value 2",
        "failed pushing to ingester: user=acme: the sample has been rejected because another sample with the same timestamp, but a \
         different value, has already been ingested (err-mimir-sample-duplicate-timestamp)",
    ] {
        let server = Server::start(move |request| match names(request) {
            names if names.contains('e') => Answer::text(400, "text/plain", "label value is too long"),
            names if names.contains('b') => Answer::text(400, "text/plain", refusal),
            _ => Answer::text(204, "text/plain", ""),
        });

        let fates = deliver(&*sink(&table(&server)).await, &points()).await;

        assert_eq!(
            (&fates.accepted[..], &fates.repeated[..]),
            (&[0, 2, 3][..], &[1][..]),
            "{refusal}: {fates:?}"
        );
        assert_eq!(fates.refused.keys().collect::<Vec<_>>(), [&4], "{refusal}: {fates:?}");
    }
}

#[tokio::test]
async fn a_time_that_is_too_old_or_in_the_future_is_refused_in_one_request() {
    for (status, text, words) in [
        (400, "out of bounds", "the time is too old"),
        (400, "too old sample", "the time is too old"),
        // Prometheus before version 2.50.
        (500, "too old sample", "the time is too old"),
        (400, "out of bounds: timestamp is too far in the future", "the time is too far in the future"),
    ] {
        let (fates, requests) = fates_for_response(status, text).await;

        assert_eq!((fates.refused.len(), requests), (6, 2), "one request for each time: {status} {text}");
        assert!(fates.refused.values().all(|error| error.contains(words)), "{status} {text}: {fates:?}");
    }
}

#[tokio::test]
async fn a_server_without_native_histograms_refuses_all_distributions_in_one_request() {
    let server = Server::start(|request| match names(request) {
        names if names.contains(['c', 'e']) => {
            Answer::text(500, "text/plain", "native histograms are disabled")
        }
        _ => Answer::text(204, "text/plain", ""),
    });
    let mut points = points();
    points[2] = distribution(0, "c", [1.0]);
    points[4] = distribution(0, "e", [1.0]);

    let fates = deliver(&*sink(&table(&server)).await, &points).await;

    assert_eq!(fates.accepted, [0, 1, 3]);
    assert_eq!(fates.refused.keys().collect::<Vec<_>>(), [&2, &4], "{fates:?}");
    assert!(fates.refused[&4].starts_with("`e` is refused: "), "{fates:?}");
    assert_eq!(server.requests().iter().map(names).collect::<Vec<_>>(), ["abcde", "abd"]);
}

#[tokio::test]
async fn points_are_neither_accepted_nor_refused_if_the_server_does_not_accept_requests() {
    for (status, words) in [
        (401, "PROMETHEUS_REMOTE_WRITE_TOKEN"),
        (403, "PROMETHEUS_REMOTE_WRITE_TOKEN"),
        (404, "--web.enable-remote-write-receiver"),
        (429, "the server has a problem"),
        (500, "the server has a problem"),
    ] {
        let (fates, _) = fates_for_response(status, "no").await;
        let errors = fates.left.values().chain(fates.unknown.values());
        assert!(fates.accepted.is_empty() && fates.refused.is_empty(), "{status}: {fates:?}");
        assert!(fates.left.contains_key(&5), "the later time is not sent: {fates:?}");
        assert!(errors.into_iter().all(|error| error.contains(words)), "{status}: {fates:?}");
    }
}

#[tokio::test]
async fn a_request_is_retried_during_an_outage() {
    let server = Server::start(|_| Answer::text(204, "text/plain", ""));
    server.fail_times(1, "POST", Answer::text(503, "text/plain", "starting"));
    server.fail_times(1, "POST", Fault::Disconnect);

    deliver_all(&*sink(&table(&server)).await, &points()).await;

    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn points_are_left_if_there_is_no_connection() {
    let sink = sink("remote_write = \"http://127.0.0.1:1/api/v1/write\"").await;

    let fates = deliver_within(DELIVERY_TIME, &*sink, &points()).await;

    assert_eq!(fates.left.len(), 5, "{fates:?}");
}

#[tokio::test]
async fn a_preview_shows_each_sample() {
    let destination = destinations("remote_write = \"http://prometheus:9090/api/v1/write\"").remove(0);
    let points = [gauge(0, "a", 1.0, &["n:1"]), distribution(0, "b", [1.0, 2.0])];

    let preview = destination.preview(Context::new(), &points, &[]).await.unwrap();

    let series = [
        "{__name__=\"a\",job=\"system-health\",n=\"1\"} 1 1767323045000",
        "{__name__=\"b\",job=\"system-health\"} 2 values with the sum 3 1767323045000",
    ];
    let url = "http://prometheus:9090/api/v1/write";
    assert_eq!(preview, json!({ "url": url, "series": series, "refused": [] }));
}

#[tokio::test]
async fn a_diagnosis_names_the_missing_receiver() {
    let server =
        Server::start(|_| Answer::text(404, "text/plain", "remote write receiver needs to be enabled"));
    let destination = destinations(&table(&server)).remove(0);

    let findings = destination.diagnose(context(&system_health_registry::ApiCalls::default())).await;

    assert_eq!(findings[0].grade, Grade::Failed);
    assert!(findings[0].message.contains("--web.enable-remote-write-receiver"), "{findings:?}");
}
