//! Every way in which Datadog or the network may fail is its own error, in Datadog's words, and none
//! contains the key.

use std::{net::TcpListener, time::Duration};

use secrecy::SecretString;
use serde_json::json;
use system_health_datadog::DatadogSink;
use system_health_registry::{DeliveryError, Sink};
use system_health_test_support::{
    datadog::{DatadogIntake, error},
    server::{Answer, Fault},
};

use crate::harness::{config, mixed, sink};

/// Delivers to an intake with a fault; returns the error without the intake's address.
async fn delivery(fault: impl Into<Fault>) -> (String, bool) {
    let intake = DatadogIntake::start();
    intake.server().fail("POST /api/v2/series", fault);
    told(&intake, &sink(&intake).deliver(&mixed().await).await.unwrap_err())
}

/// Like [`delivery`], for the check.
async fn check(fault: impl Into<Fault>) -> (String, bool) {
    let intake = DatadogIntake::start();
    intake.server().fail("GET /api/v1/validate", fault);
    told(&intake, &sink(&intake).check().await.unwrap_err())
}

fn told(intake: &DatadogIntake, error: &DeliveryError) -> (String, bool) {
    for text in [format!("{error}"), format!("{error:?}"), format!("{:?}", sink(intake))] {
        assert!(!text.contains(DatadogIntake::KEY), "{text}");
    }
    let host = intake.url().replace("http://", "");
    (error.to_string().replace(&host, "HOST"), error.is_retriable())
}

fn permanent(text: &str) -> (String, bool) {
    (text.to_owned(), false)
}

fn retriable(text: &str) -> (String, bool) {
    (text.to_owned(), true)
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let intake = DatadogIntake::start();
    let mut wrong = config(&intake.url());
    wrong.api_key = SecretString::from("0123456789abcdef");
    let sink = DatadogSink::new(wrong).unwrap();

    let checked = told(&intake, &sink.check().await.unwrap_err());
    let delivered = told(&intake, &sink.deliver(&mixed().await).await.unwrap_err());

    let refused = "the API key was refused (HOST answered 403: Forbidden); \
                   check the key, and in DD_SITE that it belongs to this site";
    assert_eq!(checked, permanent(refused));
    assert_eq!(delivered, permanent(refused));
    assert!(!format!("{sink:?}").contains("0123456789abcdef"));
}

#[tokio::test]
async fn a_good_key_passes_the_check() {
    let intake = DatadogIntake::start();

    sink(&intake).check().await.unwrap();

    assert!(
        check(Answer::json(200, &json!({"valid": false}))).await.0.starts_with("the API key was refused")
    );
    assert!(check(Answer::json(200, &json!({}))).await.0.starts_with("the answer is not one of Datadog's"));
}

#[tokio::test]
async fn a_payload_is_refused_in_datadogs_words() {
    for status in [400, 413, 422] {
        assert_eq!(
            delivery(error(status, "Payload is not in the expected format")).await,
            permanent(&format!(
                "the payload was refused (HOST answered {status}: Payload is not in the expected format); \
                 `report --dry-run` shows what is sent"
            ))
        );
    }
}

#[tokio::test]
async fn errors_in_an_accepted_answer_are_a_refusal() {
    assert_eq!(
        delivery(Answer::json(202, &json!({"errors": ["one bad series", "another"]}))).await,
        permanent(
            "the payload was refused (HOST answered 202: one bad series; another); \
             `report --dry-run` shows what is sent"
        )
    );
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let limited = || error(429, "Too many requests");
    assert_eq!(
        delivery(limited().with_header("x-ratelimit-reset", "42")).await,
        retriable("too many requests (HOST answered 429: Too many requests); try again in 42s")
    );
    assert_eq!(
        delivery(limited().with_header("retry-after", "7")).await,
        retriable("too many requests (HOST answered 429: Too many requests); try again in 7s")
    );
    assert_eq!(
        check(limited()).await,
        retriable("too many requests (HOST answered 429: Too many requests); try again later")
    );
}

#[tokio::test]
async fn datadogs_own_problems_can_be_retried() {
    for status in [408, 500, 503] {
        assert_eq!(
            delivery(error(status, "Internal error")).await,
            retriable(&format!(
                "Datadog has a problem (HOST answered {status}: Internal error); \
                 try again later, or see https://status.datadoghq.com"
            ))
        );
    }
}

#[tokio::test]
async fn what_is_not_datadogs_answer_is_no_success() {
    let advice = "check DD_URL and any proxy in the way";
    for (answer, said) in [
        (Answer::text(200, "text/html", "<html>\n<b>Log in</b>"), "200: <html> <b>Log in</b>"),
        (Answer::text(202, "text/html", "<html>"), "202: <html>"),
        (Answer::text(202, "application/json", ""), "202"),
        (Answer::text(202, "application/json", "{\"errors\": ["), "202: {\"errors\": ["),
        (Answer::json(202, &json!([])), "202: []"),
        (Answer::json(200, &json!({"errors": []})), "200: {\"errors\":[]}"),
        (Answer::text(302, "text/plain", "moved").with_header("location", "http://192.0.2.1/"), "302: moved"),
        (error(404, "Not Found"), "404: Not Found"),
    ] {
        assert_eq!(
            delivery(answer).await,
            permanent(&format!("the answer is not one of Datadog's (HOST answered {said}); {advice}"))
        );
    }
    let (odd, retriable) = delivery(Answer::json(202, &json!({"errors": "none"}))).await;
    assert!(odd.starts_with("Datadog's client failed: ") && !retriable, "{odd}");
}

#[tokio::test]
async fn a_server_that_repeats_the_key_does_not_reveal_it() {
    let (told, _) = delivery(error(403, &format!("unknown key {}", DatadogIntake::KEY))).await;
    assert!(told.contains("403: unknown key [API key])"), "{told}");
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let (told, _) = delivery(Answer::text(500, "text/plain", &"x".repeat(1_000_000))).await;
    assert!(told.contains(&format!("{} …", "x".repeat(300))) && told.len() < 600, "{told}");
}

#[tokio::test]
async fn a_hanging_server_is_given_up() {
    let intake = DatadogIntake::start();
    intake.server().fail("POST", Fault::Hang);
    let mut config = config(&intake.url());
    config.timeout = Duration::from_millis(200);

    let error = DatadogSink::new(config).unwrap().deliver(&mixed().await).await.unwrap_err();

    assert_eq!(told(&intake, &error), retriable("no answer from HOST within 200ms"));
}

#[tokio::test]
async fn a_lost_connection_is_told_with_its_cause() {
    let (told, retriable) = delivery(Fault::Disconnect).await;
    assert!(told.starts_with("no connection to HOST (from DD_SITE or DD_URL): "), "{told}");
    assert!(told.contains("connection closed"), "{told}");
    assert!(retriable);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told_with_its_cause() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();

    let sink = DatadogSink::new(config(&format!("http://{closed}"))).unwrap();
    let error = sink.deliver(&mixed().await).await.unwrap_err();

    let told = error.to_string();
    assert!(told.starts_with(&format!("no connection to {closed} (from DD_SITE or DD_URL): ")), "{told}");
    assert!(told.contains("Connection refused"), "{told}");
    assert!(error.is_retriable());
}
