//! The error of a request, after all of its attempts.

use std::{fmt, time::Duration};

use http::StatusCode;
use system_health_http::RetryError;

use super::{attempt::FailedAttempt, cause::Cause, query_errors::QueryErrorKind, request::Request};

/// A request to GitHub that failed.
#[derive(Debug, thiserror::Error)]
#[error("{request}{note}")]
pub struct GitHubError {
    request: Box<str>,
    /// Whether it was a GraphQL query.
    is_query: bool,
    /// The number of attempts, or why there was no other one. Empty if the error is permanent or nothing was sent.
    note: Box<str>,
    #[source]
    cause: Cause,
}

impl GitHubError {
    /// An error that another attempt would not change.
    pub(super) fn new(request: Request<'_>, cause: Cause) -> Self {
        Self::with_note(request, String::new(), cause)
    }

    /// The error of a request to a host, after the last attempt.
    pub(super) fn after_retries(request: Request<'_>, host: &str, error: RetryError<FailedAttempt>) -> Self {
        let note = match &error {
            RetryError::TooManyAttempts { attempts, .. } => format!(" ({})", format_attempts(*attempts)),
            RetryError::Deadline { attempts, .. } => {
                format!(" ({} until the run's deadline)", format_attempts(*attempts))
            }
            RetryError::WaitTooLong { wait, .. } => {
                format!(" (not retried: a wait of {} would end after the run's deadline)", format_wait(*wait))
            }
            _ => String::new(),
        };
        let cause = error.into_last_error().map(|attempt| attempt.cause);
        let cause = cause.unwrap_or_else(|| Cause::Deadline { host: host.to_owned() });
        Self::with_note(request, note, cause)
    }

    fn with_note(request: Request<'_>, note: String, cause: Cause) -> Self {
        let is_query = matches!(request, Request::Query(..));
        Self { request: request.to_string().into(), is_query, note: note.into(), cause }
    }

    /// What went wrong in the last attempt.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// What the errors of a GraphQL query mean. `None` for other errors.
    #[must_use]
    pub fn query_error_kind(&self) -> Option<QueryErrorKind> {
        match &self.cause {
            Cause::Query(errors) => Some(errors.kind()),
            Cause::RateLimit { status: StatusCode::OK, .. } => Some(QueryErrorKind::RateLimited),
            cause if self.is_query && cause.is_query_timeout() => Some(QueryErrorKind::Timeout),
            _ => None,
        }
    }

    /// GitHub's explanation, if a response with an error has one.
    pub(crate) fn message(&self) -> Option<&str> {
        match &self.cause {
            Cause::Status { body, .. }
            | Cause::NoPermission { body, .. }
            | Cause::RateLimit { body, .. }
            | Cause::TokenRefused { body } => body.message(),
            _ => None,
        }
    }

    /// The status of the response, if it is the reason for the error.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.cause {
            Cause::Status { status, .. }
            | Cause::NoPermission { status, .. }
            | Cause::RateLimit { status, .. } => Some(status),
            Cause::TokenRefused { .. } => Some(StatusCode::UNAUTHORIZED),
            _ => None,
        }
    }
}

fn format_attempts(attempts: u32) -> String {
    if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") }
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
    use serde_json::Value;
    use system_health_http::Retry;
    use url::Url;

    use super::*;
    use crate::github::client::cause::ErrorBody;

    #[test]
    fn the_error_says_why_there_was_no_other_attempt() {
        let url = Url::parse("https://host/x").unwrap();
        let request = Request::Get(&url);
        let source = || FailedAttempt::new("GET /x", Retry::Backoff, Cause::Redirects(9));
        let minutes = Duration::from_mins(35);
        for (error, text) in [
            (RetryError::Permanent(source()), "GET /x"),
            (RetryError::TooManyAttempts { attempts: 5, source: source() }, "GET /x (5 attempts)"),
            (
                RetryError::Deadline { attempts: 2, source: source() },
                "GET /x (2 attempts until the run's deadline)",
            ),
            (
                RetryError::Deadline { attempts: 1, source: source() },
                "GET /x (1 attempt until the run's deadline)",
            ),
            (
                RetryError::WaitTooLong { wait: minutes, source: source() },
                "GET /x (not retried: a wait of 35m would end after the run's deadline)",
            ),
        ] {
            let error = GitHubError::after_retries(request, "host", error);
            assert_eq!(error.to_string(), text);
            assert!(matches!(error.cause, Cause::Redirects(9)), "{error:?}");
        }
        let late = GitHubError::after_retries(request, "host", RetryError::TooLate);
        assert_eq!(late.to_string(), "GET /x");
        assert_eq!(late.cause.to_string(), "no response from host before the run's deadline");
    }

    #[test]
    fn only_a_query_has_the_kind_of_a_query_error() {
        let url = Url::parse("https://host/x").unwrap();
        for (request, expected) in [
            (Request::Query(&url, &Value::Null), Some(QueryErrorKind::Timeout)),
            (Request::Create(&url), None),
            (Request::Get(&url), None),
        ] {
            let (status, body) = (StatusCode::BAD_GATEWAY, ErrorBody::default());
            let error = GitHubError::new(request, Cause::Status { status, body, with_token: true });
            assert_eq!(error.query_error_kind(), expected, "{request}");
        }
    }
}
