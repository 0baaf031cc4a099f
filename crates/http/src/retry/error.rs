//! The error after the last attempt.

use std::time::Duration;

/// Why no further attempt was made, with the error of the last attempt or of a rate limit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetryError<E> {
    /// A retry would fail in the same way, or the request is not safe to repeat.
    #[error(transparent)]
    Permanent(E),
    /// The maximum number of attempts was made.
    #[error("gave up after {}", in_words(*attempts))]
    TooManyAttempts {
        /// The number of attempts.
        attempts: u32,
        /// The error of the last attempt.
        source: E,
    },
    /// There is not enough time for another attempt before the deadline.
    #[error("gave up at the run's deadline, after {}", in_words(*attempts))]
    Deadline {
        /// The number of attempts.
        attempts: u32,
        /// The error of the last attempt.
        source: E,
    },
    /// The wait that the server requires would end after the deadline.
    #[error("gave up, because a wait of {wait:.0?} would end after the run's deadline")]
    WaitTooLong {
        /// The remaining wait.
        wait: Duration,
        /// The error that requires the wait.
        source: E,
    },
    /// There was no time for the first attempt.
    #[error("not sent before the run's deadline")]
    TooLate,
}

/// The number of attempts: `1 attempt`, `5 attempts`.
fn in_words(attempts: u32) -> String {
    if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") }
}

impl<E> RetryError<E> {
    /// The error of the last attempt, or the error that requires the wait. `None` if it was too late for the first attempt.
    pub fn last_error(&self) -> Option<&E> {
        match self {
            Self::Permanent(source)
            | Self::TooManyAttempts { source, .. }
            | Self::Deadline { source, .. }
            | Self::WaitTooLong { source, .. } => Some(source),
            Self::TooLate => None,
        }
    }

    /// The error of the last attempt, or the error that requires the wait. `None` if it was too late for the first attempt.
    pub fn into_last_error(self) -> Option<E> {
        match self {
            Self::Permanent(source)
            | Self::TooManyAttempts { source, .. }
            | Self::Deadline { source, .. }
            | Self::WaitTooLong { source, .. } => Some(source),
            Self::TooLate => None,
        }
    }
}
