use std::{
    future::ready,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::*;
use crate::Key;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const MINUTE: Duration = Duration::from_mins(1);

fn answer(status: u16) -> Answer {
    Answer { host: "host".to_owned(), status, words: String::new() }
}

fn server(wait: Option<Duration>) -> DatadogError {
    DatadogError::Server { answer: answer(503), wait }
}

fn limited(wait: Option<Duration>) -> DatadogError {
    DatadogError::RateLimited { answer: answer(429), wait }
}

/// Makes attempts that fail as listed and succeed afterwards. Says how many there were, and how long it
/// took.
async fn run(failures: Vec<DatadogError>) -> (Result<usize, String>, Duration) {
    let started = Instant::now();
    let patience = Patience::new(started + MINUTE, FIRST_WAIT);
    let outcome = attempts(&patience, failures).await;
    (outcome, started.elapsed())
}

async fn attempts(patience: &Patience, failures: Vec<DatadogError>) -> Result<usize, String> {
    let mut failures = failures.into_iter();
    let mut made = 0;
    let outcome = patience
        .with_retries(|| {
            made += 1;
            ready(failures.next().map_or(Ok(()), Err))
        })
        .await;
    outcome.map(|()| made).map_err(|error| error.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_passing_trouble_passes() {
    let (outcome, took) = run((0..4).map(|_| server(None)).collect()).await;
    assert_eq!(outcome, Ok(5));
    assert!(took <= FIRST_WAIT * 15 + Duration::from_millis(4), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_fifth_attempt_is_the_last() {
    let (outcome, _) = run((0..5).map(|_| server(None)).collect()).await;
    assert_eq!(outcome, Err("gave up after 5 attempts".to_owned()));
}

/// Makes attempts until the deadline. They fail while an outage of this length lasts. Says how many there were, and
/// how long it took.
async fn outlast(outage: Duration, deadline: Duration) -> (Result<u32, String>, Duration) {
    let started = Instant::now();
    let mut made = 0;
    let outcome = Patience::until(started + deadline, FIRST_WAIT)
        .with_retries(|| {
            made += 1;
            ready(if started.elapsed() < outage { Err(server(None)) } else { Ok(()) })
        })
        .await;
    (outcome.map(|()| made).map_err(|error| error.to_string()), started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_delivery_outlasts_an_outage_that_ends_before_its_deadline() {
    for _ in 0..100 {
        for (outage, deadline) in [(10, 27), (10, 300), (240, 300), (299, 300)] {
            let (outage, deadline) = (Duration::from_secs(outage), Duration::from_secs(deadline));
            let (outcome, took) = outlast(outage, deadline).await;
            assert!(outcome.is_ok(), "{outage:?}: {outcome:?}");
            assert!(outage <= took && took < deadline, "{outage:?}: {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_gives_up_at_its_deadline_after_not_too_many_attempts() {
    for _ in 0..100 {
        let deadline = Duration::from_mins(5);
        let (outcome, took) = outlast(Duration::MAX, deadline).await;
        let said = outcome.unwrap_err();
        let attempts = said.strip_prefix("gave up at the run's deadline, after ").unwrap();
        let attempts: u32 = attempts.strip_suffix(" attempts").unwrap().parse().unwrap();
        assert!((12..80).contains(&attempts), "{said}");
        assert!(took <= deadline && took + LEAST_TIME >= deadline, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_waits_as_long_as_datadog_asks_however_often() {
    let started = Instant::now();
    let patience = Patience::until(started + Duration::from_mins(5), FIRST_WAIT);
    let failures = (0..8).map(|_| limited(Some(Duration::from_secs(32)))).collect();
    assert_eq!(attempts(&patience, failures).await, Ok(9));
    assert_eq!(started.elapsed().as_secs(), 8 * 32);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_succeed_is_not_repeated() {
    for error in [
        DatadogError::RefusedKey { key: Key::Api, answer: answer(403), scope: None },
        DatadogError::RefusedPayload(answer(400)),
        DatadogError::Unexpected(answer(302)),
        DatadogError::Deadline { host: "host".to_owned() },
    ] {
        let words = error.to_string();
        assert_eq!(run(vec![error]).await, (Err(words), Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_is_asked_for_is_kept() {
    for failure in [server, limited] {
        let (outcome, took) = run(vec![failure(Some(Duration::from_secs(59)))]).await;
        assert_eq!(outcome, Ok(2));
        assert_eq!(took.as_secs(), 59);
    }
}

#[tokio::test(start_paused = true)]
async fn to_be_asked_for_no_wait_is_no_reason_to_hurry() {
    let (outcome, took) = run((0..5).map(|_| limited(Some(Duration::ZERO))).collect()).await;
    assert_eq!(outcome, Err("gave up after 5 attempts".to_owned()));
    assert!(took > Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_wait_past_the_deadline_is_not_begun() {
    for seconds in [60, 2100, 365 * 24 * 3600] {
        for failure in [server, limited] {
            let (outcome, took) = run(vec![failure(Some(Duration::from_secs(seconds)))]).await;
            assert_eq!(
                outcome.unwrap_err(),
                format!("no further attempt, as a wait of {seconds}s would end after the run's deadline")
            );
            assert_eq!(took, Duration::ZERO);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_nothing_is_sent() {
    let patience = Patience::new(Instant::now(), FIRST_WAIT);
    assert_eq!(attempts(&patience, vec![]).await, Err("not sent before the run's deadline".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_holds_all_requests_of_a_delivery() {
    let started = Instant::now();
    let patience = Patience::new(started + MINUTE, FIRST_WAIT);
    let sent = AtomicUsize::new(0);
    let other = patience.with_retries(|| async {
        sent.fetch_add(1, Ordering::Relaxed);
        Ok(started.elapsed().as_secs())
    });

    let (first, other) =
        tokio::join!(attempts(&patience, vec![limited(Some(Duration::from_secs(30)))]), other);

    assert_eq!((first, other.unwrap()), (Ok(2), 30));
    assert_eq!(sent.into_inner(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_outlasts_the_run_keeps_others_from_being_sent() {
    let patience = Patience::new(Instant::now() + MINUTE, FIRST_WAIT);
    let told = attempts(&patience, vec![limited(Some(Duration::from_mins(5)))]).await.unwrap_err();

    let other = attempts(&patience, vec![]).await.unwrap_err();

    assert_eq!(told, other);
    assert_eq!(other, "no further attempt, as a wait of 300s would end after the run's deadline");
}
