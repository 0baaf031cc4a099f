//! Every way in which Datadog or the network may fail is its own error, in Datadog's words, and none
//! contains the key.

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

use crate::harness::{Told, config, deliver_within, mixed, sink};

/// Long enough for some attempts.
const TIME: Duration = Duration::from_secs(1);

/// Delivers to an intake with a fault that nothing fixes; returns why all points are left, without the
/// intake's address, and how often it was asked.
async fn delivery(fault: impl Into<Fault>) -> (String, usize) {
    let intake = DatadogIntake::start();
    intake.server().fail("POST /api/v2/series", fault);
    let told = deliver_within(TIME, &sink(&intake), &mixed()).await;
    (left(&told, &intake.url()), intake.server().requests().len())
}

fn left(told: &Told, url: &str) -> String {
    assert!(told.left.len() == 4 && told.left.values().all(|said| *said == told.left[&0]), "{told:?}");
    told.left[&0].replace(&url.replace("http://", ""), "HOST")
}

/// Checks an intake with a fault.
async fn check(fault: impl Into<Fault>) -> String {
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
async fn a_good_key_passes_the_check() {
    let intake = DatadogIntake::start();

    sink(&intake).validate().await.unwrap();

    assert!(check(Answer::json(200, &json!({"valid": false}))).await.starts_with("the API key was refused"));
    assert!(check(Answer::json(200, &json!({}))).await.starts_with("the response is not from Datadog's API"));
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let limited = || error(429, "Too many requests");
    for (answer, when) in [
        (limited().with_header("x-ratelimit-reset", "42"), "in 42s"),
        (limited().with_header("retry-after", "7"), "in 7s"),
        (limited(), "later"),
    ] {
        assert_eq!(
            check(answer).await,
            format!("too many requests (HOST answered 429: Too many requests); try again {when}")
        );
    }
}

#[tokio::test]
async fn datadogs_own_problems_are_told_as_such() {
    for status in [408, 500, 503] {
        assert_eq!(
            check(error(status, "Internal error")).await,
            format!(
                "Datadog has a problem (HOST answered {status}: Internal error); \
                 try again later, or see https://status.datadoghq.com"
            )
        );
    }
}

#[tokio::test]
async fn what_is_not_datadogs_answer_is_no_success_and_is_not_repeated() {
    let advice = "check DD_URL and proxies";
    for (answer, said) in [
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
            (format!("the response is not from Datadog's API (HOST answered {said}); {advice}"), 1)
        );
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_key_does_not_reveal_it() {
    let (told, _) = delivery(error(403, &format!("unknown key {}", DatadogIntake::KEY))).await;
    assert!(told.contains("403: unknown key [key])"), "{told}");
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let (told, _) = delivery(Answer::text(500, "text/plain", &"x".repeat(1_000_000))).await;
    assert!(told.contains(&format!("{} …", "x".repeat(300))) && told.len() < 600, "{told}");
}

#[tokio::test]
async fn a_lost_connection_is_told_with_its_cause() {
    let (told, requests) = delivery(Fault::Disconnect).await;
    assert!(told.starts_with("gave up at the run's deadline, after "), "{told}");
    assert!(told.contains(" attempts: no connection to HOST (from DD_SITE or DD_URL): "), "{told}");
    assert!(told.contains("connection closed"), "{told}");
    assert!(requests > 5, "{requests}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
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

        let told = deliver_within(TIME, &DatadogSink::new(&config(&url)).unwrap(), &mixed()).await;

        server.join().unwrap();
        let said = left(&told, &url);
        assert!(said.contains(" attempts: no connection to HOST ("), "{answer}: {said}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told_with_its_cause() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();

    let sink = DatadogSink::new(&config(&format!("http://{closed}"))).unwrap();
    let told = left(&deliver_within(TIME, &sink, &mixed()).await, &format!("http://{closed}"));

    assert!(told.contains(" attempts: no connection to HOST (from DD_SITE or DD_URL): "), "{told}");
    assert!(told.contains("Connection refused"), "{told}");
}
