//! Each kind of failure of Datadog or the network has its own error, which quotes Datadog's response but never the key.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

use secrecy::SecretString;
use serde_json::json;
use system_health_datadog::DatadogSink;
use system_health_registry::DeliveryError;
use system_health_test_support::{
    datadog::{DatadogIntake, error},
    server::{Answer, Fault},
};

use crate::harness::{Fates, config, deliver_within, mixed, sink};

/// How long a delivery may take: long enough for several attempts.
const DELIVERY_TIME: Duration = Duration::from_secs(1);

/// Delivers to an intake with a permanent fault. Returns why all points are left, with `HOST` in place of the intake's
/// address, and the number of requests.
async fn delivery(fault: impl Into<Fault>) -> (String, usize) {
    let intake = DatadogIntake::start();
    intake.server().fail("POST /api/v2/series", fault);
    let fates = deliver_within(DELIVERY_TIME, &sink(&intake), &mixed()).await;
    (reason_of_left_points(&fates, &intake.url()), intake.server().requests().len())
}

/// The reason why all points are left. It must be the same for all of them.
fn reason_of_left_points(fates: &Fates, url: &str) -> String {
    assert!(
        fates.left.len() == 4 && fates.left.values().all(|message| *message == fates.left[&0]),
        "{fates:?}"
    );
    fates.left[&0].replace(&url.replace("http://", ""), "HOST")
}

/// The error of `validate` if the intake answers with a fault.
async fn validation_error(fault: impl Into<Fault>) -> String {
    let intake = DatadogIntake::start();
    intake.server().fail("GET /api/v1/validate", fault);
    let error = DeliveryError::new(sink(&intake).validate().await.unwrap_err());
    for text in [format!("{error}"), format!("{error:?}")] {
        assert!(!text.contains(DatadogIntake::KEY), "{text}");
    }
    error.to_string().replace(&intake.url().replace("http://", ""), "HOST")
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let intake = DatadogIntake::start();
    let mut wrong = config(&intake.url());
    wrong.api_key = SecretString::from("0123456789abcdef");
    let sink = DatadogSink::new(&wrong).unwrap();

    let checked = sink.validate().await.unwrap_err();

    let host = intake.url().replace("http://", "");
    assert_eq!(
        checked.to_string(),
        format!(
            "the API key was refused ({host} answered 403: Forbidden); \
             check that the key is complete and belongs to this site (DD_SITE)"
        )
    );
    assert!(!format!("{sink:?} {checked:?}").contains("0123456789abcdef"));
}

#[tokio::test]
async fn only_a_valid_key_passes_the_check() {
    let intake = DatadogIntake::start();

    sink(&intake).validate().await.unwrap();

    assert!(
        validation_error(Answer::json(200, &json!({"valid": false})))
            .await
            .starts_with("the API key was refused")
    );
    assert!(
        validation_error(Answer::json(200, &json!({})))
            .await
            .starts_with("the response is not from Datadog's API")
    );
}

#[tokio::test]
async fn a_rate_limit_says_when_to_try_again() {
    let limited = || error(429, "Too many requests");
    for (answer, when) in [
        (limited().with_header("x-ratelimit-reset", "42"), "in 42s"),
        (limited().with_header("retry-after", "7"), "in 7s"),
        (limited(), "later"),
    ] {
        assert_eq!(
            validation_error(answer).await,
            format!("too many requests (HOST answered 429: Too many requests); try again {when}")
        );
    }
}

#[tokio::test]
async fn server_errors_are_reported_as_problems_of_datadog() {
    for status in [408, 500, 503] {
        assert_eq!(
            validation_error(error(status, "Internal error")).await,
            format!(
                "Datadog has a problem (HOST answered {status}: Internal error); \
                 try again later, or see https://status.datadoghq.com"
            )
        );
    }
}

#[tokio::test]
async fn unexpected_responses_are_errors_and_not_retried() {
    let advice = "check DD_URL and proxies";
    for (answer, message) in [
        (Answer::text(200, "text/html", "<html>\n<b>Log in</b>"), "200: <html> <b>Log in</b>"),
        (Answer::text(202, "text/html", "<html>"), "202: <html>"),
        (Answer::text(202, "application/json", ""), "202"),
        (Answer::text(202, "application/json", "{\"errors\": ["), "202: {\"errors\": ["),
        (Answer::json(202, &json!([])), "202: []"),
        (Answer::json(202, &json!({"errors": "none"})), "202: {\"errors\":\"none\"}"),
        (Answer::json(200, &json!({"errors": []})), "200: {\"errors\":[]}"),
        (Answer::text(302, "text/plain", "moved").with_header("location", "http://192.0.2.1/"), "302: moved"),
        (error(404, "Not Found"), "404: Not Found"),
        (Answer::text(400, "text/html", "<html>"), "400: <html>"),
    ] {
        assert_eq!(
            delivery(answer).await,
            (format!("the response is not from Datadog's API (HOST answered {message}); {advice}"), 1)
        );
    }
}

#[tokio::test]
async fn the_key_is_removed_from_quoted_responses() {
    let (message, _) = delivery(error(403, &format!("unknown key {}", DatadogIntake::KEY))).await;
    assert!(message.contains("403: unknown key [key])"), "{message}");
}

#[tokio::test]
async fn a_long_response_is_truncated() {
    let (message, _) = delivery(Answer::text(500, "text/plain", &"x".repeat(1_000_000))).await;
    assert!(message.contains(&format!("{} …", "x".repeat(300))) && message.len() < 600, "{message}");
}

#[tokio::test]
async fn a_lost_connection_is_reported_with_its_cause() {
    let (message, requests) = delivery(Fault::Disconnect).await;
    assert!(message.starts_with("gave up at the run's deadline, after "), "{message}");
    assert!(
        message.contains(" attempts: the connection to HOST (from DD_SITE or DD_URL) failed: "),
        "{message}"
    );
    assert!(message.contains("connection closed"), "{message}");
    assert!(requests > 5, "{requests}");
}

#[tokio::test]
async fn a_request_is_retried_after_an_incomplete_or_invalid_response() {
    for answer in [
        "HTTP/1.1 202 Accepted\r\ncontent-length: 14\r\n\r\n{\"errors\"",
        "HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"err",
        "HTTP/1.1 202 Acc",
        "not even HTTP",
    ] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            for _ in 0..2 {
                let (mut connection, _) = listener.accept().unwrap();
                // One read is enough for a request this short.
                let _ = connection.read(&mut [0; 8192]).unwrap();
                connection.write_all(answer.as_bytes()).unwrap();
            }
        });

        let fates = deliver_within(DELIVERY_TIME, &DatadogSink::new(&config(&url)).unwrap(), &mixed()).await;

        server.join().unwrap();
        // The last attempts find the port closed, because the server answers only two requests.
        let message = reason_of_left_points(&fates, &url);
        assert!(
            message.contains(" attempts: the connection to HOST (from DD_SITE or DD_URL) failed: "),
            "{answer}: {message}"
        );
    }
}

#[tokio::test]
async fn a_refused_connection_is_reported_with_its_cause() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");

    let fates = deliver_within(DELIVERY_TIME, &DatadogSink::new(&config(&url)).unwrap(), &mixed()).await;

    let message = reason_of_left_points(&fates, &url);
    assert!(
        message.contains(" attempts: the connection to HOST (from DD_SITE or DD_URL) failed: "),
        "{message}"
    );
    assert!(message.contains("Connection refused"), "{message}");
}
