//! The number of attempts, and the waits between them.

use std::time::Duration;

/// Exponential backoff with full jitter: the wait before the next attempt is random between zero and a limit that
/// doubles with each attempt. If the server requires a longer wait, that wait is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Maximum number of attempts, including the first one. Default: 5. `None`: no maximum.
    pub max_attempts: Option<u32>,
    /// The limit of the first backoff. Default: 500 milliseconds.
    pub first_backoff: Duration,
    /// The limit of every backoff. Default: 30 seconds. After a long outage, requests succeed with an average delay of a
    /// third of this limit.
    pub max_backoff: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: Some(5),
            first_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// The same backoff, but without a maximum number of attempts. Attempts continue until the deadline.
    #[must_use]
    pub fn until_deadline(self) -> Self {
        Self { max_attempts: None, ..self }
    }

    /// The backoff after this many attempts.
    pub(super) fn backoff(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        self.first_backoff.saturating_mul(doubled).min(self.max_backoff).mul_f64(fastrand::f64())
    }
}
