//! What passes is waited for, as long as Datadog wishes and the run lasts; what does not pass is left.

use std::time::Duration;

use secrecy::SecretString;
use system_health_datadog::DatadogSink;
use system_health_registry::{ApiCalls, Sink};
use system_health_test_support::{
    datadog::{DatadogIntake, error},
    server::{Answer, Fault},
};
use tokio::time::Instant;

use crate::harness::{Told, config, counted, deliver, deliver_within, gauges, sink};

const SERIES: &str = "POST /api/v2/series";

/// Delivers two points to an intake with faults; also says how often it was asked and what it answered.
async fn after(faults: &[(usize, Fault)]) -> (Told, Vec<(Option<u16>, u64)>) {
    let intake = DatadogIntake::start();
    for (times, fault) in faults {
        intake.server().fail_times(*times, SERIES, fault.clone());
    }
    let calls = ApiCalls::default();
    let sink = DatadogSink::new(&config(&intake.url()).with_api_calls(calls.clone())).unwrap();
    let told = deliver(&sink, &gauges(2)).await;
    assert_eq!(told.accepted.len(), intake.points().len());
    (told, counted(&calls))
}

#[tokio::test]
async fn a_passing_trouble_passes() {
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
        let (told, mut calls) = after(&[(4, fault)]).await;
        calls.sort_unstable();
        let mut expected = [(status, 4), (Some(202), 1)];
        expected.sort_unstable();
        assert_eq!((told.accepted.len(), calls), (2, expected.to_vec()));
    }
}

#[tokio::test]
async fn an_outage_is_outlasted_while_there_is_time() {
    let (told, calls) = after(&[(9, error(503, "Unavailable").into())]).await;

    assert_eq!((told.accepted.len(), calls), (2, vec![(Some(202), 1), (Some(503), 9)]));
}

#[tokio::test]
async fn a_trouble_that_stays_is_left_at_the_deadline() {
    let intake = DatadogIntake::start();
    intake.server().fail(SERIES, error(503, "Unavailable"));

    let told = deliver_within(Duration::from_secs(1), &sink(&intake), &gauges(2)).await;

    assert_eq!(told.left.len(), 2);
    let said = &told.left[&0];
    assert!(said.starts_with("gave up at the run's deadline, after "), "{said}");
    assert!(
        said.ends_with(" answered 503: Unavailable); try again later, or see https://status.datadoghq.com"),
        "{said}"
    );
    assert!(intake.server().requests().len() > 5, "{}", intake.server().requests().len());
}

#[tokio::test]
async fn troubles_may_follow_each_other() {
    let (told, calls) = after(&[
        (1, Fault::Disconnect),
        (1, error(503, "Unavailable").into()),
        (1, error(413, "Payload Too Large").into()),
        (2, error(500, "Internal error").into()),
    ])
    .await;

    assert_eq!(told.accepted, [0, 1]);
    assert_eq!(calls, [(None, 1), (Some(202), 2), (Some(413), 1), (Some(500), 2), (Some(503), 1)]);
}

#[tokio::test]
async fn a_wait_past_the_deadline_is_not_begun() {
    for (header, words) in [("retry-after", "429"), ("x-ratelimit-reset", "429"), ("retry-after", "503")] {
        let answer = error(words.parse().unwrap(), "Not now").with_header(header, "3600");
        let (told, calls) = after(&[(1, answer.into())]).await;

        assert_eq!((told.left.len(), calls), (2, vec![(Some(words.parse().unwrap()), 1)]));
        let said = &told.left[&1];
        assert!(
            said.starts_with("not retried, because a wait of 3600s would end after the run's deadline: "),
            "{said}"
        );
        assert!(said.contains(&format!("answered {words}: Not now); try again in 3600s")), "{said}");
    }
}

#[tokio::test]
async fn a_rate_limit_that_outlasts_the_run_holds_what_was_not_sent_yet() {
    let intake = DatadogIntake::start();
    intake.server().fail_times(1, SERIES, error(413, "Payload Too Large"));
    intake.server().fail_times(1, SERIES, error(413, "Payload Too Large"));
    intake.server().fail(SERIES, error(429, "Not now").with_header("retry-after", "3600"));

    let told = deliver(&sink(&intake), &gauges(64)).await;

    assert_eq!(told.left.len(), 64);
    assert!(
        told.left.values().all(|said| said.contains("would end after the run's deadline: too many requests"))
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
async fn a_hanging_server_is_given_up() {
    let intake = DatadogIntake::start();
    intake.server().fail("/api/", Fault::Hang);
    let host = intake.url().replace("http://", "");
    let calls = ApiCalls::default();
    let mut whole = config(&intake.url()).with_api_calls(calls.clone());
    whole.timeout = Duration::from_millis(50);
    let mut read = config(&intake.url());
    read.read_timeout = Duration::from_millis(60);

    for (config, limit) in [(whole, "50ms"), (read, "60ms")] {
        let sink = DatadogSink::new(&config).unwrap();
        let checked = sink.validate().await.unwrap_err().to_string();
        assert_eq!(checked, format!("no response from {host} within {limit}"));
        let told = deliver_within(Duration::from_secs(1), &sink, &gauges(1)).await;
        assert!(told.left[&0].contains(&format!("no response from {host} ")), "{told:?}");
    }
    assert!(counted(&calls)[0].1 > 2, "{calls:?}");
}

#[tokio::test]
async fn a_hanging_server_does_not_hold_a_run_past_its_deadline() {
    let intake = DatadogIntake::start();
    intake.server().fail(SERIES, Fault::Hang);
    let host = intake.url().replace("http://", "");
    let mut config = config(&intake.url());
    (config.timeout, config.read_timeout) = (Duration::from_hours(1), Duration::from_hours(1));
    let (sink, points) = (DatadogSink::new(&config).unwrap(), gauges(2));

    let delivery = deliver_within(Duration::from_millis(200), &sink, &points);
    let told = tokio::time::timeout(Duration::from_mins(1), delivery).await.unwrap();

    assert_eq!(told.left[&1], format!("no response from {host} before the run's deadline"));
    assert_eq!(intake.server().requests().len(), 1);
}

#[tokio::test]
async fn after_the_deadline_nothing_is_sent() {
    let intake = DatadogIntake::start();

    let told = deliver_within(Duration::ZERO, &sink(&intake), &gauges(2)).await;

    assert_eq!(told.left[&0], "not sent before the run's deadline");
    assert!(intake.server().requests().is_empty());
}

#[tokio::test]
async fn an_abandoned_request_is_counted() {
    let intake = DatadogIntake::start();
    intake.server().fail("GET", Fault::Hang);
    let calls = ApiCalls::default();
    let sink = DatadogSink::new(&config(&intake.url()).with_api_calls(calls.clone())).unwrap();

    tokio::time::timeout(Duration::from_millis(100), sink.validate()).await.unwrap_err();

    assert_eq!(counted(&calls), [(None, 1)]);
}

#[tokio::test]
async fn a_refused_key_stops_everything() {
    for status in [401, 403] {
        let intake = DatadogIntake::start();
        intake.server().fail_times(1, SERIES, error(413, "Payload Too Large"));
        intake.server().fail_times(1, SERIES, error(413, "Payload Too Large"));
        intake.server().fail(SERIES, error(status, "Forbidden"));

        let told = deliver(&sink(&intake), &gauges(64)).await;

        assert_eq!(told.left.len(), 64);
        assert!(told.left.values().all(|said| said.starts_with("the API key was refused (")), "{told:?}");
        // The first, its halves, and at most what was on its way with them.
        assert!(intake.server().requests().len() <= 5, "{:?}", intake.server().requests().len());
    }
}

#[tokio::test]
async fn a_wrong_key_is_sent_once() {
    let intake = DatadogIntake::start();
    let mut wrong = config(&intake.url());
    wrong.api_key = SecretString::from("0123456789abcdef");
    let sink = DatadogSink::new(&wrong).unwrap();

    let told = deliver(&sink, &gauges(2)).await;
    let checked = sink.check(Instant::now() + Duration::from_secs(10)).await.unwrap_err();

    assert_eq!(told.left[&0], checked.to_string());
    assert_eq!(intake.server().requests().len(), 2);
    assert!(!format!("{sink:?} {told:?}").contains("0123456789abcdef"));
}
