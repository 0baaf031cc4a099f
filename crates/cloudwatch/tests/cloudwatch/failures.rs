//! What happens to points when a request fails.

use std::{net::TcpListener, time::Duration};

use serde_json::json;
use system_health_registry::Point;
use system_health_test_support::server::{Answer, Fault, Server};

use crate::harness::{accepting, deliver, deliver_within, error, gauge, sink};

/// As many points as fill one request and start a second one.
fn points_of_two_requests() -> Vec<Point> {
    (0..1001).map(|number| gauge("g", 1.0, &[&format!("n:{number}")])).collect()
}

#[tokio::test]
async fn a_failed_request_decides_the_fate_of_its_points_and_of_the_remaining_ones() {
    let html = |status| Answer::text(status, "text/html", "<html>Log in</html>");
    let throttled = error(400, "ThrottlingException").with_header("retry-after", "3600");
    for (fault, first, second, message) in [
        (
            Fault::from(error(403, "AccessDeniedException")),
            "left",
            "left",
            "the request cloudwatch:PutMetricData failed: access is denied: no",
        ),
        (
            error(403, "InvalidClientTokenId").into(),
            "left",
            "left",
            "AWS does not accept the AWS credentials",
        ),
        (throttled.into(), "left", "left", "AWS limits the rate of requests"),
        (error(404, "UnknownOperationException").into(), "left", "left", "UnknownOperationException"),
        (html(404).into(), "left", "left", "a body that is not from AWS"),
        (html(400).into(), "left", "left", "a body that is not from AWS"),
        (html(302).into(), "left", "left", "HTTP status 302"),
        // AWS documents 500 as "an unknown error, exception or failure", so the data may have been stored.
        (error(500, "InternalServiceFault").into(), "unknown", "left", "InternalServiceFault"),
        (html(502).into(), "unknown", "left", "HTTP status 502"),
        (html(504).into(), "unknown", "left", "HTTP status 504"),
        (html(200).into(), "unknown", "left", "a body that is not from AWS"),
        (Fault::Disconnect, "unknown", "left", "AWS cannot be reached"),
    ] {
        let server = accepting();
        server.fail("POST /", fault.clone());

        let fates = deliver(&*sink(&server.url()).await, &points_of_two_requests()).await;

        assert!(fates[0].starts_with(first) && fates[999].starts_with(first), "{fault:?}: {}", fates[0]);
        assert!(fates[1000].starts_with(second) && fates[0].contains(message), "{fault:?}: {}", fates[0]);
        assert_eq!(server.requests().len(), 1, "{fault:?}: the request is not repeated");
    }
}

#[tokio::test]
async fn a_request_that_was_not_processed_is_repeated() {
    let with_retry_after = |answer: Answer| answer.with_header("retry-after", "0");
    for answer in [
        error(400, "ThrottlingException"),
        error(429, "ThrottlingException"),
        error(503, "ServiceUnavailable"),
    ] {
        let server = accepting();
        server.fail_times(1, "POST /", with_retry_after(answer.clone()));

        let fates = deliver(&*sink(&server.url()).await, &[gauge("g", 1.0, &[])]).await;

        assert_eq!((fates, server.requests().len()), (vec!["accepted".to_owned()], 2), "{answer:?}");
    }
}

#[tokio::test]
async fn points_are_left_if_nobody_listens_or_if_there_is_no_time() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sink = sink(&format!("http://{free}")).await;

    let unreachable = deliver_within(Duration::from_millis(600), &*sink, &[gauge("g", 1.0, &[])]).await;
    let too_late = deliver_within(Duration::ZERO, &*sink, &[gauge("g", 1.0, &[])]).await;

    assert!(
        unreachable[0].starts_with("left: ") && unreachable[0].contains("AWS cannot be reached"),
        "{unreachable:?}"
    );
    assert!(too_late[0].starts_with("left: not sent before the run's deadline"), "{too_late:?}");
}

#[tokio::test]
async fn without_a_response_until_the_deadline_the_fate_is_unknown() {
    let server = accepting();
    server.fail("POST /", Fault::Hang);

    let fates =
        deliver_within(Duration::from_millis(600), &*sink(&server.url()).await, &points_of_two_requests())
            .await;

    assert!(fates[0].starts_with("unknown: there was no response"), "{}", fates[0]);
    assert!(fates[1000].starts_with("left: "), "{}", fates[1000]);
}

#[tokio::test]
async fn a_request_that_is_too_large_for_a_proxy_is_divided() {
    let server = Server::start(|request| {
        if request.body.len() > 20_000 {
            Answer::text(413, "text/plain", "")
        } else {
            Answer::json(200, &json!({}))
        }
    });

    let fates = deliver(&*sink(&server.url()).await, &points_of_two_requests()).await;

    assert!(fates.iter().all(|fate| fate == "accepted"), "{fates:?}");
}

#[tokio::test]
async fn a_point_that_is_too_large_for_a_proxy_is_refused_with_the_status() {
    let server = Server::start(|_| Answer::text(413, "text/plain", ""));

    let fates = deliver(&*sink(&server.url()).await, &[gauge("g", 1.0, &[])]).await;

    assert!(fates[0].starts_with("refused: a request with only `g` is too large: "), "{}", fates[0]);
    assert!(fates[0].contains("HTTP status 413"), "{}", fates[0]);
}

#[tokio::test]
async fn after_64_refused_points_in_a_row_the_others_wait() {
    let server = Server::start(|_| error(400, "InvalidParameterValueException"));

    let fates = deliver(&*sink(&server.url()).await, &points_of_two_requests()).await;

    let count = |start: &str| fates.iter().filter(|fate| fate.starts_with(start)).count();
    assert_eq!((count("refused: "), count("left: ")), (64, 937));
    assert!(fates[1000].contains("64 other points in a row were refused"), "{}", fates[1000]);
}
