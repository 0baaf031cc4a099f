use std::{
    future::ready,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::*;

const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const MINUTE: Duration = Duration::from_mins(1);
const IDEMPOTENT: Idempotency = Idempotency::Idempotent;

#[derive(Debug, Clone, Copy, thiserror::Error)]
enum Failed {
    #[error("refused")]
    Refused,
    /// The server did not process the request.
    #[error("unavailable")]
    Unavailable(Option<Duration>),
    #[error("too many requests")]
    Limited(Option<Duration>),
    #[error("no response")]
    Lost,
}

impl AttemptError for Failed {
    fn retry(&self) -> Retry {
        match *self {
            Self::Refused => Retry::Never,
            Self::Unavailable(wait) | Self::Limited(wait) => Retry::after(wait),
            Self::Lost => Retry::Backoff,
        }
    }

    fn may_have_been_processed(&self) -> bool {
        matches!(self, Self::Lost)
    }

    fn rate_limit(&self) -> Option<Self> {
        matches!(self, Self::Limited(_)).then_some(*self)
    }
}

fn retrier_until(deadline: Instant) -> Retrier<Failed> {
    Retrier::new(RetryPolicy::default(), deadline)
}

/// Makes attempts that fail as listed and then succeed. Returns the number of attempts.
async fn attempts(
    retrier: &Retrier<Failed>,
    idempotency: Idempotency,
    failures: &[Failed],
) -> Result<usize, String> {
    let mut failures = failures.iter();
    let mut made = 0;
    let result = retrier.run(idempotency, || {
        made += 1;
        ready(failures.next().map_or(Ok(()), |failed| Err(*failed)))
    });
    let result = result.await;
    result.map(|()| made).map_err(|error| error.to_string())
}

/// Makes attempts of an idempotent request, with a deadline in one minute. Also returns the elapsed time.
async fn attempts_within_a_minute(failures: &[Failed]) -> (Result<usize, String>, Duration) {
    let started = Instant::now();
    let result = attempts(&retrier_until(started + MINUTE), IDEMPOTENT, failures).await;
    (result, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn temporary_errors_are_retried_after_limited_backoffs() {
    let (result, took) = attempts_within_a_minute(&[Failed::Unavailable(None); 4]).await;
    assert_eq!(result, Ok(5));
    assert!(took <= FIRST_BACKOFF * 15 + Duration::from_millis(4), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_fifth_attempt_is_the_last() {
    let (result, _) = attempts_within_a_minute(&[Failed::Unavailable(None); 5]).await;
    assert_eq!(result, Err("gave up after 5 attempts".to_owned()));
}

#[test]
fn no_backoff_exceeds_its_limit() {
    let policy = RetryPolicy::default();
    for attempts in 1..100 {
        let limit = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(attempts - 1)).min(policy.max_backoff);
        assert!((0..100).all(|_| policy.backoff(attempts) <= limit), "{attempts}");
    }
}

/// Makes attempts until one succeeds, or until the deadline. They fail during an outage of this length. Returns the number of
/// attempts and the elapsed time.
async fn outlast(outage: Duration, deadline: Duration) -> (Result<u32, String>, Duration) {
    let started = Instant::now();
    let mut made = 0;
    let retrier = Retrier::new(RetryPolicy::default().until_deadline(), started + deadline);
    let result = retrier.run(IDEMPOTENT, || {
        made += 1;
        ready(if started.elapsed() < outage { Err(Failed::Unavailable(None)) } else { Ok(()) })
    });
    let result = result.await;
    (result.map(|()| made).map_err(|error| error.to_string()), started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn attempts_continue_until_an_outage_ends() {
    for _ in 0..100 {
        for (outage, deadline) in [(10, 27), (10, 300), (240, 300), (299, 300)] {
            let (outage, deadline) = (Duration::from_secs(outage), Duration::from_secs(deadline));
            let (result, took) = outlast(outage, deadline).await;
            assert!(result.is_ok(), "{outage:?}: {result:?}");
            assert!(outage <= took && took < deadline, "{outage:?}: {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lasting_outage_leads_to_few_attempts_until_the_deadline() {
    for _ in 0..100 {
        let deadline = Duration::from_mins(5);
        let (result, took) = outlast(Duration::MAX, deadline).await;
        let message = result.unwrap_err();
        let attempts = message.strip_prefix("gave up at the run's deadline, after ").unwrap();
        let attempts: u32 = attempts.strip_suffix(" attempts").unwrap().parse().unwrap();
        assert!((12..80).contains(&attempts), "{message}");
        assert!(took <= deadline && took + MIN_TIME_LEFT >= deadline, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_time_for_another_attempt_the_first_is_the_last() {
    let retrier = retrier_until(Instant::now() + MIN_TIME_LEFT);
    let result = attempts(&retrier, IDEMPOTENT, &[Failed::Unavailable(None)]).await;
    assert_eq!(result, Err("gave up at the run's deadline, after 1 attempt".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_required_wait_is_respected_every_time() {
    let started = Instant::now();
    let retrier = Retrier::new(RetryPolicy::default().until_deadline(), started + Duration::from_mins(5));
    let limited = [Failed::Limited(Some(Duration::from_secs(32))); 8];
    assert_eq!(attempts(&retrier, IDEMPOTENT, &limited).await, Ok(9));
    assert_eq!(started.elapsed().as_secs(), 8 * 32);
}

#[tokio::test(start_paused = true)]
async fn permanent_errors_are_not_retried() {
    assert_eq!(
        attempts_within_a_minute(&[Failed::Refused]).await,
        (Err("refused".to_owned()), Duration::ZERO)
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_may_have_been_processed_is_retried_only_if_it_is_idempotent() {
    for (idempotency, failed, result) in [
        (Idempotency::Idempotent, Failed::Lost, Ok(2)),
        (Idempotency::NotIdempotent, Failed::Lost, Err("no response".to_owned())),
        (Idempotency::NotIdempotent, Failed::Unavailable(None), Ok(2)),
        (Idempotency::NotIdempotent, Failed::Limited(None), Ok(2)),
    ] {
        let retrier = retrier_until(Instant::now() + MINUTE);
        assert_eq!(attempts(&retrier, idempotency, &[failed]).await, result, "{idempotency:?}: {failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_wait_is_respected() {
    for failed in [Failed::Unavailable, Failed::Limited] {
        let (result, took) = attempts_within_a_minute(&[failed(Some(Duration::from_secs(59)))]).await;
        assert_eq!(result, Ok(2));
        assert_eq!(took.as_secs(), 59);
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_wait_of_zero_does_not_replace_the_backoff() {
    let (result, took) = attempts_within_a_minute(&[Failed::Limited(Some(Duration::ZERO)); 5]).await;
    assert_eq!(result, Err("gave up after 5 attempts".to_owned()));
    assert!(took > Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_is_not_started() {
    for seconds in [60, 2100, 365 * 24 * 3600, u64::MAX] {
        for failed in [Failed::Unavailable, Failed::Limited] {
            let (result, took) =
                attempts_within_a_minute(&[failed(Some(Duration::from_secs(seconds)))]).await;
            assert_eq!(
                result.unwrap_err(),
                format!("gave up, because a wait of {seconds}s would end after the run's deadline")
            );
            assert_eq!(took, Duration::ZERO);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let retrier = retrier_until(Instant::now());
    assert_eq!(
        attempts(&retrier, IDEMPOTENT, &[]).await,
        Err("not sent before the run's deadline".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn the_attempts_before_a_wait_that_ends_late_are_reported() {
    let retrier = retrier_until(Instant::now() + MINUTE);
    let limited = [Failed::Limited(Some(Duration::from_secs(30)))];

    // The machine sleeps during the wait.
    let sleep = tokio::time::advance(MINUTE * 2);
    let (result, ()) = tokio::join!(attempts(&retrier, IDEMPOTENT, &limited), sleep);

    assert_eq!(result, Err("gave up at the run's deadline, after 1 attempt".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_delays_all_requests() {
    let started = Instant::now();
    let retrier = retrier_until(started + MINUTE);
    let sent = AtomicUsize::new(0);
    let other = retrier.run(IDEMPOTENT, || async {
        sent.fetch_add(1, Ordering::Relaxed);
        Ok(started.elapsed().as_secs())
    });
    let limited = [Failed::Limited(Some(Duration::from_secs(30)))];

    let (first, other) = tokio::join!(attempts(&retrier, IDEMPOTENT, &limited), other);

    assert_eq!((first, other.unwrap()), (Ok(2), 30));
    assert_eq!(sent.into_inner(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_if_a_rate_limit_ends_after_the_deadline() {
    for wait in [Duration::from_mins(5), Duration::MAX] {
        let retrier = retrier_until(Instant::now() + MINUTE);
        let limited = attempts(&retrier, IDEMPOTENT, &[Failed::Limited(Some(wait))]).await.unwrap_err();

        let other = attempts(&retrier, IDEMPOTENT, &[]).await.unwrap_err();

        assert_eq!(limited, other);
        assert_eq!(
            other,
            format!("gave up, because a wait of {wait:.0?} would end after the run's deadline")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_other_than_a_rate_limit_delays_no_other_request() {
    let started = Instant::now();
    let retrier = retrier_until(started + MINUTE);
    let unavailable = [Failed::Unavailable(Some(Duration::from_secs(30)))];

    let (first, other) = tokio::join!(
        attempts(&retrier, IDEMPOTENT, &unavailable),
        retrier.run(IDEMPOTENT, || ready(Ok(started.elapsed())))
    );

    assert_eq!((first, other.unwrap()), (Ok(2), Duration::ZERO));
}
