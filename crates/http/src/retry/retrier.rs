//! Makes the attempts of requests.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use system_health_registry::SharedError;
use tokio::time::{Instant, sleep};

use crate::{AttemptError, Idempotency, Retry, RetryError, RetryPolicy};

/// The minimum time before the deadline for another attempt. With less time, a response is unlikely.
const MIN_TIME_LEFT: Duration = Duration::from_millis(500);

/// Makes attempts until one succeeds or fails permanently, or until the policy or the deadline allows no other attempt.
///
/// All requests of a retrier share a deadline and a rate limit. No wait ends after the deadline. If the server limits
/// one request, all of them wait.
#[derive(Debug)]
pub struct Retrier<E> {
    policy: RetryPolicy,
    deadline: Instant,
    limit: Mutex<Option<RateLimit<E>>>,
}

#[derive(Debug)]
struct RateLimit<E> {
    /// When the limit ends. `None` if that is too far in the future for the clock.
    until: Option<Instant>,
    error: E,
}

impl<E: AttemptError> Retrier<E> {
    /// A retrier with a policy and a deadline, after which it makes no attempts.
    pub fn new(policy: RetryPolicy, deadline: Instant) -> Self {
        Self { policy, deadline, limit: Mutex::new(None) }
    }

    /// The deadline of all requests.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether the deadline has passed.
    pub fn is_past_deadline(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Makes the attempts of one request.
    pub async fn run<T, A: Future<Output = Result<T, E>>>(
        &self,
        idempotency: Idempotency,
        mut attempt: impl FnMut() -> A,
    ) -> Result<T, RetryError<E>> {
        let mut attempts = 0;
        let mut last_error = None;
        loop {
            self.wait_for_limit().await?;
            if self.is_past_deadline() {
                let deadline = |source| RetryError::Deadline { attempts, source };
                return Err(last_error.map_or(RetryError::TooLate, deadline));
            }
            attempts += 1;
            let source = match attempt().await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let required = match source.retry() {
                Retry::Never => return Err(RetryError::Permanent(source)),
                Retry::Backoff => Duration::ZERO,
                Retry::After(wait) => wait,
            };
            self.hold(required, &source);
            if idempotency == Idempotency::NotIdempotent && source.may_have_been_processed() {
                return Err(RetryError::Permanent(source));
            }
            if self.policy.max_attempts == Some(attempts) {
                return Err(RetryError::TooManyAttempts { attempts, source });
            }
            let time_left = self.time_left();
            if required >= time_left {
                return Err(RetryError::WaitTooLong { wait: required, source });
            }
            if time_left <= MIN_TIME_LEFT {
                return Err(RetryError::Deadline { attempts, source });
            }
            // A backoff uses at most half of the remaining time, so that there is time for another attempt.
            let wait = required.max(self.policy.backoff(attempts).min(time_left / 2));
            // The error is shared only while the line is logged.
            let source = Arc::new(source);
            tracing::warn!("{}; retrying in {wait:.1?}", SharedError::new(Arc::clone(&source)));
            last_error = Arc::into_inner(source);
            sleep(wait).await;
        }
    }

    /// Waits while a rate limit is active, unless it ends after the deadline.
    async fn wait_for_limit(&self) -> Result<(), RetryError<E>> {
        while let Some((wait, source)) = self.active_limit() {
            if wait >= self.time_left() {
                return Err(RetryError::WaitTooLong { wait, source });
            }
            sleep(wait).await;
        }
        Ok(())
    }

    fn active_limit(&self) -> Option<(Duration, E)> {
        let limit = self.limit();
        let RateLimit { until, error } = limit.as_ref()?;
        let wait = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
        if wait.is_zero() { None } else { Some((wait, error.rate_limit()?)) }
    }

    /// Holds all requests until the wait is over, if the error is a rate limit.
    pub fn hold(&self, wait: Duration, error: &E) {
        let Some(error) = error.rate_limit() else { return };
        let until = Instant::now().checked_add(wait);
        let mut limit = self.limit();
        let ends_earlier =
            |known: Option<Instant>| known.is_some_and(|known| until.is_none_or(|until| known < until));
        if limit.as_ref().is_none_or(|known| ends_earlier(known.until)) {
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
