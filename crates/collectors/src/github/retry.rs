//! Asking again: after a growing, random wait of our own, or after the one that GitHub asks for, and
//! never past the moment when nobody waits for the answer any more.

use std::time::Duration;

use system_health_registry::SharedError;
use tokio::time::{Instant, sleep};

use super::{
    error::{GaveUp, GitHubError},
    limits::{Failed, Retry},
};

const MAX_ATTEMPTS: u32 = 5;
/// The wait before the second attempt is random between nothing and this; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Makes attempts until one succeeds, fails for good, or there is no time for another.
pub(super) async fn with_retries<T, A: Future<Output = Result<T, Failed>>>(
    path: &str,
    deadline: Instant,
    mut attempt: impl FnMut() -> A,
) -> Result<T, GitHubError> {
    let mut attempts = 1;
    loop {
        let Failed { retry, cause } = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        };
        let wait = match retry {
            Retry::Never => return Err(GitHubError::new(path, GaveUp::Permanent, cause)),
            Retry::Soon => FIRST_WAIT.saturating_mul(1 << (attempts - 1)).mul_f64(fastrand::f64()),
            Retry::After(wait) => wait,
        };
        if attempts == MAX_ATTEMPTS {
            return Err(GitHubError::new(path, GaveUp::Attempts(attempts), cause));
        }
        if Instant::now().checked_add(wait).is_none_or(|end| end >= deadline) {
            return Err(GitHubError::new(path, GaveUp::Deadline(wait), cause));
        }
        tracing::warn!("GET {path}: {}; trying again in {wait:.1?}", SharedError::new(cause));
        sleep(wait).await;
        attempts += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;
    use crate::github::error::Cause;

    /// Runs attempts that fail as listed and succeed afterwards; also says how long it took.
    async fn run(deadline: Duration, failures: &[Retry]) -> (Result<usize, String>, Duration) {
        let started = Instant::now();
        let mut made = 0;
        let outcome = with_retries("/x", started + deadline, || {
            let failure = failures.get(made).copied();
            made += 1;
            ready(match failure {
                None => Ok(made),
                Some(retry) => Err(Failed { retry, cause: Cause::Redirects(9) }),
            })
        })
        .await;
        (outcome.map_err(|error| error.to_string()), started.elapsed())
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn a_passing_trouble_passes() {
        let (outcome, took) = run(MINUTE, &[Retry::Soon; 4]).await;
        assert_eq!(outcome, Ok(5));
        assert!(took <= FIRST_WAIT * 15 + Duration::from_millis(4), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_fifth_attempt_is_the_last() {
        let (outcome, _) = run(MINUTE, &[Retry::Soon; 5]).await;
        assert_eq!(outcome, Err("GET /x (5 attempts)".into()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_succeed_is_not_repeated() {
        let (outcome, took) = run(MINUTE, &[Retry::Never]).await;
        assert_eq!(outcome, Err("GET /x".into()));
        assert_eq!(took, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_that_is_asked_for_is_kept() {
        let (outcome, took) = run(MINUTE, &[Retry::After(Duration::from_secs(59))]).await;
        assert_eq!(outcome, Ok(2));
        assert_eq!(took.as_secs(), 59);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_past_the_deadline_is_not_begun() {
        for wait in [MINUTE, Duration::from_mins(35), Duration::MAX] {
            let (outcome, took) = run(MINUTE, &[Retry::After(wait)]).await;
            let message = outcome.unwrap_err();
            assert!(message.ends_with("would end after the run's deadline)"), "{message}");
            assert_eq!(took, Duration::ZERO);
        }
        let (outcome, _) = run(MINUTE, &[Retry::After(Duration::from_mins(35))]).await;
        assert_eq!(
            outcome.unwrap_err(),
            "GET /x (not tried again: a wait of 35m would end after the run's deadline)"
        );
    }
}
