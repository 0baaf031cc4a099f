//! Makes attempts.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use system_health_registry::SharedError;
use tokio::time::{Instant, sleep};

use crate::{AttemptError, Idempotency, Retry, RetryError, RetryPolicy};

/// With less time until the deadline, there is no further attempt: it could hardly be answered.
const LEAST_TIME: Duration = Duration::from_millis(500);

/// Makes attempts until one succeeds, fails for good, or there is no time for another.
///
/// All requests that share a retrier share a deadline, which no wait exceeds, and a rate limit: what one of them is
/// told goes for all.
#[derive(Debug)]
pub struct Retrier<E> {
    policy: RetryPolicy,
    deadline: Instant,
    limit: Mutex<Option<RateLimit<E>>>,
}

#[derive(Debug)]
struct RateLimit<E> {
    /// `None` if no clock reaches it.
    until: Option<Instant>,
    error: E,
}

impl<E: AttemptError> Retrier<E> {
    /// Attempts by this policy, and none after the deadline.
    pub fn new(policy: RetryPolicy, deadline: Instant) -> Self {
        Self { policy, deadline, limit: Mutex::new(None) }
    }

    /// The moment after which nobody waits for a response.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether there is no time for any attempt.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Makes attempts at one request.
    pub async fn run<T, A: Future<Output = Result<T, E>>>(
        &self,
        idempotency: Idempotency,
        mut attempt: impl FnMut() -> A,
    ) -> Result<T, RetryError<E>> {
        let mut attempts = 0;
        loop {
            self.wait_for_limit().await?;
            if self.is_over() {
                return Err(RetryError::TooLate);
            }
            attempts += 1;
            let source = match attempt().await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let asked = match source.retry() {
                Retry::Never => return Err(RetryError::Permanent(source)),
                Retry::Backoff => Duration::ZERO,
                Retry::After(wait) => wait,
            };
            self.keep_limit(asked, &source);
            if idempotency == Idempotency::NotIdempotent && source.may_have_been_processed() {
                return Err(RetryError::Permanent(source));
            }
            if self.policy.max_attempts == Some(attempts) {
                return Err(RetryError::Attempts { attempts, source });
            }
            let time_left = self.time_left();
            if asked >= time_left {
                return Err(RetryError::Wait { wait: asked, source });
            }
            if time_left <= LEAST_TIME {
                return Err(RetryError::Deadline { attempts, source });
            }
            // A backoff never takes all the time that is left, so that one more attempt uses it.
            let wait = asked.max(self.policy.backoff(attempts).min(time_left / 2));
            tracing::warn!("{}; trying again in {wait:.1?}", SharedError::new(source));
            sleep(wait).await;
        }
    }

    /// Waits while a rate limit is in force, unless it outlasts the deadline.
    async fn wait_for_limit(&self) -> Result<(), RetryError<E>> {
        while let Some((wait, source)) = self.limit_in_force() {
            if wait >= self.time_left() {
                return Err(RetryError::Wait { wait, source });
            }
            sleep(wait).await;
        }
        Ok(())
    }

    fn limit_in_force(&self) -> Option<(Duration, E)> {
        let limit = self.limit();
        let RateLimit { until, error } = limit.as_ref()?;
        let wait = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
        if wait.is_zero() { None } else { Some((wait, error.rate_limit()?)) }
    }

    fn keep_limit(&self, wait: Duration, error: &E) {
        let Some(error) = error.rate_limit() else { return };
        let until = Instant::now().checked_add(wait);
        let mut limit = self.limit();
        let is_longer =
            |known: Option<Instant>| known.is_some_and(|known| until.is_none_or(|until| known < until));
        if limit.as_ref().is_none_or(|known| is_longer(known.until)) {
            *limit = Some(RateLimit { until, error });
        }
    }

    fn limit(&self) -> MutexGuard<'_, Option<RateLimit<E>>> {
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests;
