//! Retries with exponential backoff and jitter, or after the wait that Datadog asks for, and never past the
//! deadline. A delivery retries until then, because an outage may end in the meantime; other requests make a few
//! attempts.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use system_health_registry::SharedError;
use tokio::time::{Instant, sleep};

use crate::{Answer, DatadogError, error::Retry};

/// The number of attempts unless retries go on until the deadline.
const MAX_ATTEMPTS: u32 = 5;
/// No backoff is longer. A request that Datadog answers after an outage is late by half of it on average.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// With less time until the deadline, there is no further attempt: it could hardly be answered.
const LEAST_TIME: Duration = Duration::from_millis(500);

/// The patience of a delivery, shared by all its requests.
#[derive(Debug)]
pub(crate) struct Patience {
    deadline: Instant,
    /// The wait before the second attempt is random between nothing and this; it doubles each time.
    first_wait: Duration,
    max_attempts: u32,
    limit: Mutex<Option<RateLimit>>,
}

/// A rate limit holds for the whole organization, so what one request is told goes for all of them.
#[derive(Debug, Clone)]
struct RateLimit {
    until: Instant,
    answer: Answer,
}

/// Why there was no further attempt, with the error of the last one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GaveUp {
    /// Another attempt would fail like this one.
    #[error(transparent)]
    Permanent(#[from] DatadogError),
    /// It had its chances.
    #[error("gave up after {attempts} attempts")]
    Attempts { attempts: u32, source: DatadogError },
    /// The deadline is near.
    #[error("gave up at the run's deadline, after {attempts} attempts")]
    TimeOver { attempts: u32, source: DatadogError },
    /// The wait that Datadog asks for before the next attempt ends after the deadline.
    #[error("no further attempt, as a wait of {wait:.0?} would end after the run's deadline")]
    Wait { wait: Duration, source: DatadogError },
    /// There was no time for the first one.
    #[error("not sent before the run's deadline")]
    TooLate,
}

impl GaveUp {
    /// What went wrong the last time.
    pub(crate) fn into_last_error(self, host: &str) -> DatadogError {
        match self {
            Self::Permanent(error) => error,
            Self::Attempts { source, .. } | Self::TimeOver { source, .. } | Self::Wait { source, .. } => {
                source
            }
            Self::TooLate => DatadogError::Deadline { host: host.to_owned() },
        }
    }
}

impl Patience {
    /// A few attempts, until the deadline at the latest.
    pub(crate) fn new(deadline: Instant, first_wait: Duration) -> Self {
        Self { deadline, first_wait, max_attempts: MAX_ATTEMPTS, limit: Mutex::default() }
    }

    /// As many attempts as there is time for until the deadline.
    pub(crate) fn until(deadline: Instant, first_wait: Duration) -> Self {
        Self { max_attempts: u32::MAX, ..Self::new(deadline, first_wait) }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Makes attempts until one succeeds, fails for good, or there is no time for another.
    pub(crate) async fn with_retries<T, A: Future<Output = Result<T, DatadogError>>>(
        &self,
        attempt: impl FnMut() -> A,
    ) -> Result<T, GaveUp> {
        self.with_retries_where(|_| true, attempt).await
    }

    /// The same, but only errors after which the request `may_be_repeated` lead to another attempt.
    pub(crate) async fn with_retries_where<T, A: Future<Output = Result<T, DatadogError>>>(
        &self,
        may_be_repeated: impl Fn(&DatadogError) -> bool,
        mut attempt: impl FnMut() -> A,
    ) -> Result<T, GaveUp> {
        let mut attempts = 0;
        loop {
            self.wait_for_limit().await?;
            if self.is_over() {
                return Err(GaveUp::TooLate);
            }
            attempts += 1;
            let source = match attempt().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let asked = match source.retry() {
                _ if !may_be_repeated(&source) => return Err(GaveUp::Permanent(source)),
                Retry::Never => return Err(GaveUp::Permanent(source)),
                Retry::Soon => Duration::ZERO,
                Retry::After(wait) => wait,
            };
            if let DatadogError::RateLimited { answer, .. } = &source {
                self.set_limit(asked, answer);
            }
            if attempts == self.max_attempts {
                return Err(GaveUp::Attempts { attempts, source });
            }
            let time_left = self.deadline.saturating_duration_since(Instant::now());
            if asked >= time_left {
                return Err(GaveUp::Wait { wait: asked, source });
            }
            if time_left <= LEAST_TIME {
                return Err(GaveUp::TimeOver { attempts, source });
            }
            // A backoff never takes all the time that is left, so that one more attempt uses it.
            let wait = asked.max(self.backoff(attempts).min(time_left / 2));
            tracing::warn!("{}; trying again in {wait:.1?}", SharedError::new(source));
            sleep(wait).await;
        }
    }

    /// Exponential backoff with full jitter.
    fn backoff(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts - 1);
        self.first_wait.saturating_mul(doubled).min(LONGEST_WAIT).mul_f64(fastrand::f64())
    }

    /// Waits while a rate limit is in force, unless it outlasts the run.
    async fn wait_for_limit(&self) -> Result<(), GaveUp> {
        loop {
            let limit = self.limit().clone();
            let wait = limit.as_ref().map(|limit| limit.until.saturating_duration_since(Instant::now()));
            match (wait, limit) {
                (Some(wait), Some(limit)) if !wait.is_zero() => {
                    if limit.until >= self.deadline {
                        let source = DatadogError::RateLimited { answer: limit.answer, wait: None };
                        return Err(GaveUp::Wait { wait, source });
                    }
                    sleep(wait).await;
                }
                _ => return Ok(()),
            }
        }
    }

    fn set_limit(&self, wait: Duration, answer: &Answer) {
        let until = Instant::now() + wait;
        let mut limit = self.limit();
        if limit.as_ref().is_none_or(|limit| limit.until < until) {
            *limit = Some(RateLimit { until, answer: answer.clone() });
        }
    }

    fn limit(&self) -> MutexGuard<'_, Option<RateLimit>> {
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
