//! Temporary failures are retried until the deadline. After that, or if the key is refused, points are left.

use std::time::Duration;

use secrecy::SecretString;
use system_health_datadog::DatadogSink;
use system_health_registry::{ApiCalls, Sink};
use system_health_test_support::{
    datadog::{DatadogIntake, error},
    server::{Answer, Fault},
};
use tokio::time::Instant;

use crate::harness::{Fates, config, deliver, deliver_within, gauges, requests_by_status, sink};

const SERIES: &str = "POST /api/v2/series";

/// Delivers two points to an intake with faults. Also returns the number of requests for each status.
async fn deliver_after(faults: &[(usize, Fault)]) -> (Fates, Vec<(Option<u16>, u64)>) {
    let intake = DatadogIntake::start();
    for (times, fault) in faults {
        intake.server().fail_times(*times, SERIES, fault.clone());
    }
    let calls = ApiCalls::default();
    let sink = DatadogSink::new(&config(&intake.url()).with_api_calls(calls.clone())).unwrap();
    let fates = deliver(&sink, &gauges(2)).await;
    assert_eq!(fates.accepted.len(), intake.points().len());
    (fates, requests_by_status(&calls))
}

#[tokio::test]
async fn temporary_failures_are_retried() {
    let limited = || error(429, "Too many requests").with_header("x-ratelimit-reset", "0");
    for (fault, status) in [
        (error(503, "Unavailable").into(), Some(503)),
        (error(500, "Internal error").into(), Some(500)),
        (error(408, "Timeout").into(), Some(408)),
        (Answer::text(502, "text/html", "<html>Bad gateway").into(), Some(502)),
        (limited().into(), Some(429)),
        (limited().with_header("retry-after", "0").into(), Some(429)),
        (limited().with_header("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT").into(), Some(429)),
        (Fault::Disconnect, None),
    ] {
        let (fates, mut calls) = deliver_after(&[(4, fault)]).await;
        calls.sort_unstable();
        let mut expected = [(status, 4), (Some(202), 1)];
        expected.sort_unstable();
        assert_eq!((fates.accepted.len(), calls), (2, expected.to_vec()));
    }
}

#[tokio::test]
async fn the_maximum_number_of_attempts_does_not_apply_to_deliveries() {
    let (fates, calls) = deliver_after(&[(9, error(503, "Unavailable").into())]).await;

    assert_eq!((fates.accepted.len(), calls), (2, vec![(Some(202), 1), (Some(503), 9)]));
}

#[tokio::test]
async fn points_are_left_if_a_failure_lasts_until_the_deadline() {
    let intake = DatadogIntake::start();
    intake.server().fail(SERIES, error(503, "Unavailable"));

    let fates = deliver_within(Duration::from_secs(1), &sink(&intake), &gauges(2)).await;

    assert_eq!(fates.left.len(), 2);
    let message = &fates.left[&0];
    assert!(message.starts_with("gave up at the run's deadline, after "), "{message}");
    assert!(
        message
            .ends_with(" answered 503: Unavailable); try again later, or see https://status.datadoghq.com"),
        "{message}"
    );
    assert!(intake.server().requests().len() > 5, "{}", intake.server().requests().len());
}

#[tokio::test]
async fn points_are_delivered_after_different_failures() {
    let (fates, calls) = deliver_after(&[
        (1, Fault::Disconnect),
        (1, error(503, "Unavailable").into()),
        (1, error(413, "Payload Too Large").into()),
        (2, error(500, "Internal error").into()),
    ])
    .await;

    assert_eq!(fates.accepted, [0, 1]);
    assert_eq!(calls, [(None, 1), (Some(202), 2), (Some(413), 1), (Some(500), 2), (Some(503), 1)]);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_started() {
    for (header, status) in [("retry-after", 429), ("x-ratelimit-reset", 429), ("retry-after", 503)] {
        let answer = error(status, "Not now").with_header(header, "3600");
        let (fates, calls) = deliver_after(&[(1, answer.into())]).await;

        assert_eq!((fates.left.len(), calls), (2, vec![(Some(status), 1)]));
        let message = &fates.left[&1];
        assert!(
            message.starts_with("gave up, because a wait of 3600s would end after the run's deadline: "),
            "{message}"
        );
        assert!(message.contains(&format!("answered {status}: Not now); try again in 3600s")), "{message}");
    }
}

#[tokio::test]
async fn a_rate_limit_beyond_the_deadline_also_stops_other_payloads() {
    let intake = DatadogIntake::start();
    intake.server().fail_times(1, SERIES, error(413, "Payload Too Large"));
    intake.server().fail_times(1, SERIES, error(413, "Payload Too Large"));
    intake.server().fail(SERIES, error(429, "Not now").with_header("retry-after", "3600"));

    let fates = deliver(&sink(&intake), &gauges(64)).await;

    assert_eq!(fates.left.len(), 64);
    assert!(
        fates
            .left
            .values()
            .all(|message| message.contains("would end after the run's deadline: too many requests"))
    );
}

#[tokio::test]
async fn a_check_is_retried_like_a_delivery() {
    let intake = DatadogIntake::start();
    intake.server().fail_times(7, "/api/v1/validate", error(503, "Not now"));
    let sink = sink(&intake);

    sink.check(Instant::now() + Duration::from_mins(1)).await.unwrap();
    intake.server().fail("/api/v1/validate", error(503, "Not now"));
    let gave_up = sink.check(Instant::now() + Duration::from_secs(1)).await.unwrap_err().to_string();

    assert!(intake.server().requests().len() > 8);
    assert!(gave_up.starts_with("gave up at the run's deadline, after "), "{gave_up}");
}

#[tokio::test]
async fn a_hanging_request_ends_at_its_timeout() {
    let intake = DatadogIntake::start();
    intake.server().fail("/api/", Fault::Hang);
    let host = intake.url().replace("http://", "");
    let calls = ApiCalls::default();
    let mut short_timeout = config(&intake.url()).with_api_calls(calls.clone());
    short_timeout.timeout = Duration::from_millis(50);
    let mut short_read_timeout = config(&intake.url());
    short_read_timeout.read_timeout = Duration::from_millis(60);

    for (config, limit) in [(short_timeout, "50ms"), (short_read_timeout, "60ms")] {
        let sink = DatadogSink::new(&config).unwrap();
        let checked = sink.validate().await.unwrap_err().to_string();
        assert_eq!(checked, format!("no response from {host} within {limit}"));
        let fates = deliver_within(Duration::from_secs(1), &sink, &gauges(1)).await;
        assert!(fates.left[&0].contains(&format!("no response from {host} ")), "{fates:?}");
    }
    assert!(requests_by_status(&calls)[0].1 > 2, "{calls:?}");
}

#[tokio::test]
async fn a_hanging_request_ends_at_the_deadline() {
    let intake = DatadogIntake::start();
    intake.server().fail(SERIES, Fault::Hang);
    let host = intake.url().replace("http://", "");
    let mut config = config(&intake.url());
    (config.timeout, config.read_timeout) = (Duration::from_hours(1), Duration::from_hours(1));
    let (sink, points) = (DatadogSink::new(&config).unwrap(), gauges(2));

    let delivery = deliver_within(Duration::from_millis(200), &sink, &points);
    let fates = tokio::time::timeout(Duration::from_mins(1), delivery).await.unwrap();

    assert_eq!(fates.left[&1], format!("no response from {host} before the run's deadline"));
    assert_eq!(intake.server().requests().len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline() {
    let intake = DatadogIntake::start();

    let fates = deliver_within(Duration::ZERO, &sink(&intake), &gauges(2)).await;

    assert_eq!(fates.left[&0], "not sent before the run's deadline");
    assert!(intake.server().requests().is_empty());
}

#[tokio::test]
async fn an_abandoned_request_is_counted() {
    let intake = DatadogIntake::start();
    intake.server().fail("GET", Fault::Hang);
    let calls = ApiCalls::default();
    let sink = DatadogSink::new(&config(&intake.url()).with_api_calls(calls.clone())).unwrap();

    tokio::time::timeout(Duration::from_millis(100), sink.validate()).await.unwrap_err();

    assert_eq!(requests_by_status(&calls), [(None, 1)]);
}

#[tokio::test]
async fn a_refused_key_stops_the_delivery() {
    for status in [401, 403] {
        let intake = DatadogIntake::start();
        intake.server().fail_times(1, SERIES, error(413, "Payload Too Large"));
        intake.server().fail_times(1, SERIES, error(413, "Payload Too Large"));
        intake.server().fail(SERIES, error(status, "Forbidden"));

        let fates = deliver(&sink(&intake), &gauges(64)).await;

        assert_eq!(fates.left.len(), 64);
        assert!(
            fates.left.values().all(|message| message.starts_with("the API key was refused (")),
            "{fates:?}"
        );
        // The first payload, its halves, and at most two requests that were in flight at the same time.
        assert!(intake.server().requests().len() <= 5, "{:?}", intake.server().requests().len());
    }
}

#[tokio::test]
async fn a_request_with_a_wrong_key_is_not_retried() {
    let intake = DatadogIntake::start();
    let mut wrong = config(&intake.url());
    wrong.api_key = SecretString::from("0123456789abcdef");
    let sink = DatadogSink::new(&wrong).unwrap();

    let fates = deliver(&sink, &gauges(2)).await;
    let checked = sink.check(Instant::now() + Duration::from_secs(10)).await.unwrap_err();

    assert_eq!(fates.left[&0], checked.to_string());
    assert_eq!(intake.server().requests().len(), 2);
    assert!(!format!("{sink:?} {fates:?}").contains("0123456789abcdef"));
}
