//! Why GitHub gave no answer, in its own words, and what to do about it.

use std::{
    error::Error,
    fmt,
    time::{Duration, SystemTime},
};

use http::StatusCode;
use serde::{Deserialize, de::Error as _};
use system_health_http::{RetryError, one_line};

use super::attempt::FailedAttempt;
use crate::date::shown;

/// A question to GitHub that has no answer.
#[derive(Debug, thiserror::Error)]
#[error("GET {path}{note}")]
pub struct GitHubError {
    path: String,
    /// Why there was no further attempt, if another could have helped.
    note: String,
    #[source]
    cause: Cause,
}

/// What happened to the last attempt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// No connection, or a broken one.
    #[error("no answer from {host}")]
    Connection {
        /// The host that was asked.
        host: String,
        /// What broke.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The run ends before an answer.
    #[error("no answer from {host} before the run's deadline")]
    Deadline {
        /// The host that was asked.
        host: String,
    },
    /// Too many requests.
    #[error("GitHub's rate limit is used up until {}: {status}{message}", shown(*until))]
    RateLimit {
        /// The status of the answer.
        status: StatusCode,
        /// GitHub's explanation.
        message: Message,
        /// When requests are taken again.
        until: SystemTime,
    },
    /// Any other status than 200.
    #[error("GitHub answered {status}{message}{}", hint(*status, *with_token))]
    Status {
        /// The status.
        status: StatusCode,
        /// GitHub's explanation.
        message: Message,
        /// Whether a token was sent.
        with_token: bool,
    },
    /// GitHub has refused the token in this run, so it was not sent again.
    #[error(
        "not asked, because GitHub has refused the token: {status}{message}{}",
        hint(StatusCode::UNAUTHORIZED, true),
        status = StatusCode::UNAUTHORIZED
    )]
    TokenRefused {
        /// GitHub's explanation.
        message: Message,
    },
    /// An answer that leads to another place.
    #[error("GitHub's {what} points to `{target}`, which is not below {expected}; it was not followed")]
    Elsewhere {
        /// What leads there: a redirect, or the link to the next page.
        what: &'static str,
        /// Where it leads to.
        target: String,
        /// Where it should lead to.
        expected: String,
    },
    /// Redirects without an end.
    #[error("GitHub redirected {0} times")]
    Redirects(u32),
    /// An answer that is longer than any that makes sense.
    #[error("the answer is longer than {0} MiB")]
    TooLarge(usize),
    /// An answer that is no JSON.
    #[error("the answer is no JSON; it starts with `{start}`")]
    NotJson {
        /// Its first characters.
        start: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// JSON of another shape than GitHub documents.
    #[error("the answer has an unexpected shape at `{at}`")]
    Shape {
        /// Where in it.
        at: String,
        /// What is wrong there.
        source: serde_json::Error,
    },
    /// A list of pages that cannot be followed.
    #[error("the header `Link: {0}` cannot be read, so the list may go on")]
    Link(String),
    /// A list that ends before the page that was said to be its last.
    #[error("the list was said to have {last} pages, but ends on page {page}; it may be cut off")]
    CutOff {
        /// The page that no other follows.
        page: u32,
        /// The page that was said to be the last.
        last: u32,
    },
    /// A list that goes on too long.
    #[error("the list has more than {0} pages and would be cut off; raise `max_pages` in [github]")]
    TooManyPages(u32),
}

/// GitHub's explanation of an error: the text and the page of its documentation, where it gives them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Message {
    message: Option<String>,
    documentation_url: Option<String>,
}

impl Cause {
    /// The same cause with each text from GitHub's response as `quote` returns it.
    pub(super) fn quoted(self, quote: impl Fn(&str) -> String) -> Self {
        match self {
            Self::RateLimit { status, message, until } => {
                Self::RateLimit { status, message: message.quoted(quote), until }
            }
            Self::Status { status, message, with_token } => {
                Self::Status { status, message: message.quoted(quote), with_token }
            }
            Self::TokenRefused { message } => Self::TokenRefused { message: message.quoted(quote) },
            Self::Elsewhere { what, target, expected } => {
                Self::Elsewhere { what, target: quote(&target), expected }
            }
            Self::Shape { at, source } => {
                Self::Shape { at: quote(&at), source: serde_json::Error::custom(quote(&source.to_string())) }
            }
            Self::Link(header) => Self::Link(quote(&header)),
            cause @ (Self::Connection { .. }
            | Self::Deadline { .. }
            | Self::Redirects(_)
            | Self::TooLarge(_)
            | Self::NotJson { .. }
            | Self::CutOff { .. }
            | Self::TooManyPages(_)) => cause,
        }
    }
}

impl GitHubError {
    /// An error that another attempt would meet again.
    pub(super) fn new(path: &str, cause: Cause) -> Self {
        Self { path: path.to_owned(), note: String::new(), cause }
    }

    /// The error of a request to a host after the last attempt.
    pub(super) fn after_retries(path: &str, host: &str, error: RetryError<FailedAttempt>) -> Self {
        let note = match &error {
            RetryError::Attempts { attempts, .. } => format!(" ({attempts} attempts)"),
            RetryError::Deadline { attempts, .. } => {
                format!(" ({attempts} attempts until the run's deadline)")
            }
            RetryError::Wait { wait, .. } => {
                format!(
                    " (not tried again: a wait of {} would end after the run's deadline)",
                    in_words(*wait)
                )
            }
            _ => String::new(),
        };
        let cause = error.into_last_error().map(|attempt| attempt.cause);
        let cause = cause.unwrap_or_else(|| Cause::Deadline { host: host.to_owned() });
        Self { path: path.to_owned(), note, cause }
    }

    /// What happened to the last attempt.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The status that GitHub answered with, if that was the trouble.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.cause {
            Cause::Status { status, .. } | Cause::RateLimit { status, .. } => Some(status),
            Cause::TokenRefused { .. } => Some(StatusCode::UNAUTHORIZED),
            _ => None,
        }
    }
}

impl Message {
    /// Reads the body of an error, which need not come from GitHub: a proxy answers in HTML.
    pub(super) fn of(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn quoted(self, quote: impl Fn(&str) -> String) -> Self {
        let quoted = |text: Option<String>| text.map(|text| quote(&text));
        Self { message: quoted(self.message), documentation_url: quoted(self.documentation_url) }
    }

    pub(super) fn contains(&self, words: &str) -> bool {
        self.message.as_deref().is_some_and(|text| text.to_ascii_lowercase().contains(words))
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.message {
            write!(f, ": {}", one_line(text))?;
        }
        match &self.documentation_url {
            Some(url) => write!(f, " ({})", one_line(url)),
            None => Ok(()),
        }
    }
}

/// A wait in whole seconds, or in milliseconds if it is shorter than one.
fn in_words(wait: Duration) -> impl fmt::Display {
    humantime::format_duration(match wait.as_secs() {
        0 => Duration::from_millis(wait.subsec_millis().into()),
        seconds => Duration::from_secs(seconds),
    })
}

/// What to do about a status. GitHub answers 404 where a permission is missing for a private repository.
fn hint(status: StatusCode, with_token: bool) -> &'static str {
    match (status.as_u16(), with_token) {
        (401, true) => "; check the GitHub token: it may be mistyped, expired or revoked",
        (403, true) => "; the GitHub token needs read access to the repository's contents and actions",
        (404, true) => "; check the name, and that the GitHub token may read the repository",
        (401 | 403 | 404, false) => "; check the name, and set a GitHub token if the repository is private",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use system_health_http::Retry;

    use super::*;

    #[test]
    fn it_is_said_why_there_was_no_further_attempt() {
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
                "GET /x (not tried again: a wait of 35m would end after the run's deadline)",
            ),
        ] {
            let error = GitHubError::after_retries("/x", "host", error);
            assert_eq!(error.to_string(), text);
            assert!(matches!(error.cause, Cause::Redirects(9)), "{error:?}");
        }
        let late = GitHubError::after_retries("/x", "host", RetryError::TooLate);
        assert_eq!(late.to_string(), "GET /x");
        assert_eq!(late.cause.to_string(), "no answer from host before the run's deadline");
    }
}
