//! Why there was no further attempt.

use std::time::Duration;

/// Why there was no further attempt, with the error of the last one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetryError<E> {
    /// Another attempt would fail like this one, or could do twice what should be done once.
    #[error(transparent)]
    Permanent(E),
    /// There were as many as the policy allows.
    #[error("gave up after {attempts} attempts")]
    Attempts {
        /// How many there were.
        attempts: u32,
        /// The error of the last one.
        source: E,
    },
    /// A further attempt could hardly be answered before the deadline.
    #[error("gave up at the run's deadline, after {attempts} attempts")]
    Deadline {
        /// How many there were.
        attempts: u32,
        /// The error of the last one.
        source: E,
    },
    /// The wait that the server asks for ends after the deadline.
    #[error("no further attempt, as a wait of {wait:.0?} would end after the run's deadline")]
    Wait {
        /// The rest of the wait.
        wait: Duration,
        /// The error that asks for it.
        source: E,
    },
    /// There was no time for the first attempt.
    #[error("not sent before the run's deadline")]
    TooLate,
}

impl<E> RetryError<E> {
    /// The error of the last attempt, if there was one.
    pub fn last_error(&self) -> Option<&E> {
        match self {
            Self::Permanent(source)
            | Self::Attempts { source, .. }
            | Self::Deadline { source, .. }
            | Self::Wait { source, .. } => Some(source),
            Self::TooLate => None,
        }
    }

    /// The error of the last attempt, if there was one.
    pub fn into_last_error(self) -> Option<E> {
        match self {
            Self::Permanent(source)
            | Self::Attempts { source, .. }
            | Self::Deadline { source, .. }
            | Self::Wait { source, .. } => Some(source),
            Self::TooLate => None,
        }
    }
}
