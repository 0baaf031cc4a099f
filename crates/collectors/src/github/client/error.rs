//! The error of a request, after all of its attempts.

use std::{fmt, time::Duration};

use http::StatusCode;
use system_health_http::RetryError;

use super::{attempt::FailedAttempt, cause::Cause};

/// A request to GitHub that failed.
#[derive(Debug, thiserror::Error)]
#[error("GET {path}{note}")]
pub struct GitHubError {
    path: String,
    /// The number of attempts, or why there was no other one. Empty if the error is permanent.
    note: String,
    #[source]
    cause: Cause,
}

impl GitHubError {
    /// An error that another attempt would not change.
    pub(super) fn new(path: &str, cause: Cause) -> Self {
        Self { path: path.to_owned(), note: String::new(), cause }
    }

    /// The error of a request to a host, after the last attempt.
    pub(super) fn after_retries(path: &str, host: &str, error: RetryError<FailedAttempt>) -> Self {
        let note = match &error {
            RetryError::Attempts { attempts, .. } => format!(" ({attempts} attempts)"),
            RetryError::Deadline { attempts, .. } => {
                format!(" ({attempts} attempts until the run's deadline)")
            }
            RetryError::Wait { wait, .. } => {
                format!(" (not retried: a wait of {} would end after the run's deadline)", format_wait(*wait))
            }
            _ => String::new(),
        };
        let cause = error.into_last_error().map(|attempt| attempt.cause);
        let cause = cause.unwrap_or_else(|| Cause::Deadline { host: host.to_owned() });
        Self { path: path.to_owned(), note, cause }
    }

    /// What went wrong in the last attempt.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The status of the response, if it is the reason of the error.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.cause {
            Cause::Status { status, .. } | Cause::RateLimit { status, .. } => Some(status),
            Cause::TokenRefused { .. } => Some(StatusCode::UNAUTHORIZED),
            _ => None,
        }
    }
}

/// A duration in whole seconds, or in milliseconds if it is shorter than a second.
fn format_wait(wait: Duration) -> impl fmt::Display {
    humantime::format_duration(match wait.as_secs() {
        0 => Duration::from_millis(wait.subsec_millis().into()),
        seconds => Duration::from_secs(seconds),
    })
}

#[cfg(test)]
mod tests {
    use system_health_http::Retry;

    use super::*;

    #[test]
    fn the_error_says_why_there_was_no_other_attempt() {
        let source = || FailedAttempt::new("/x", Retry::Backoff, Cause::Redirects(9));
        let minutes = Duration::from_mins(35);
        for (error, text) in [
            (RetryError::Permanent(source()), "GET /x"),
            (RetryError::Attempts { attempts: 5, source: source() }, "GET /x (5 attempts)"),
            (
                RetryError::Deadline { attempts: 2, source: source() },
                "GET /x (2 attempts until the run's deadline)",
            ),
            (
                RetryError::Wait { wait: minutes, source: source() },
                "GET /x (not retried: a wait of 35m would end after the run's deadline)",
            ),
        ] {
            let error = GitHubError::after_retries("/x", "host", error);
            assert_eq!(error.to_string(), text);
            assert!(matches!(error.cause, Cause::Redirects(9)), "{error:?}");
        }
        let late = GitHubError::after_retries("/x", "host", RetryError::TooLate);
        assert_eq!(late.to_string(), "GET /x");
        assert_eq!(late.cause.to_string(), "no response from host before the run's deadline");
    }
}
