//! What went wrong in one attempt.

use std::{error::Error, fmt, num::NonZeroU32, time::SystemTime};

use http::StatusCode;
use serde::{Deserialize, de::Error as _};
use system_health_http::{HttpError, one_line};

use super::{
    query_errors::{QueryErrorKind, QueryErrors},
    refusal::is_about_permission,
};
use crate::date::format_date;

/// What went wrong in the last attempt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// There was no connection, or it broke.
    #[error("no response from {host}")]
    Connection {
        /// The host of the API.
        host: String,
        /// What broke.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The run's deadline passed before the response arrived.
    #[error("no response from {host} before the run's deadline")]
    Deadline {
        /// The host of the API.
        host: String,
    },
    /// A rate limit is exhausted.
    #[error("GitHub's rate limit is exhausted until {}: {status}{body}", format_date(*until))]
    RateLimit {
        /// The status of the response.
        status: StatusCode,
        /// GitHub's explanation.
        body: ErrorBody,
        /// When GitHub accepts requests again.
        until: SystemTime,
    },
    /// The response has an unexpected status.
    #[error("GitHub answered {status}{body}{}", advice(*status, *with_token))]
    Status {
        /// The status.
        status: StatusCode,
        /// GitHub's explanation.
        body: ErrorBody,
        /// Whether the request had a token.
        with_token: bool,
    },
    /// The token has no permission for this request.
    #[error("GitHub answered {status}{body}{}", permission_advice(*status, needed.as_deref()))]
    NoPermission {
        /// The status.
        status: StatusCode,
        /// GitHub's explanation.
        body: ErrorBody,
        /// The permissions or scopes that the request needs, if GitHub names them.
        needed: Option<Box<str>>,
    },
    /// GitHub has refused the token earlier in this run, so the request was not sent.
    #[error(
        "not sent, because GitHub has refused the token: {status}{body}{}",
        advice(StatusCode::UNAUTHORIZED, true),
        status = StatusCode::UNAUTHORIZED
    )]
    TokenRefused {
        /// GitHub's explanation.
        body: ErrorBody,
    },
    /// GitHub answered a GraphQL query with errors. The data beside the errors is incomplete, so it is not used.
    #[error("GitHub answered the query with an error: {0}")]
    Query(QueryErrors),
    /// GitHub answered a GraphQL query with neither data nor errors.
    #[error("GitHub answered the query without data{body}")]
    NoAnswer {
        /// GitHub's explanation.
        body: ErrorBody,
    },
    /// There is no token, and GitHub answers GraphQL queries only with one. The request was not sent.
    #[error("GitHub's GraphQL API needs a token, even for public repositories; set a GitHub token")]
    NoToken,
    /// GitHub says that a list of a GraphQL query has a next page, but gave no items, or no new cursor.
    #[error(
        "GitHub says that the list has a next page, but gave no items or no new cursor; the list may be incomplete"
    )]
    NoCursor,
    /// A redirect or a link points to another host.
    #[error("GitHub's {what} points to `{target}` and not to {expected}, so it was not followed")]
    Elsewhere {
        /// What points there: a redirect, or the link to the next or last page.
        what: &'static str,
        /// The scheme, host and port that it points to.
        target: String,
        /// The scheme, host and port of the API.
        expected: String,
    },
    /// The run has made as many requests as the settings allow. The request was not sent.
    #[error("not sent, because this run has made as many requests as `max_requests` in [github] allows: {0}")]
    MaxRequests(NonZeroU32),
    /// More redirects than this maximum.
    #[error("GitHub redirected more than {0} times")]
    Redirects(u32),
    /// The response is longer than the limit.
    #[error("the response is longer than {0} MiB")]
    TooLarge(usize),
    /// The response is not JSON.
    #[error("the response is not JSON; it starts with `{start}`")]
    NotJson {
        /// Its first characters.
        start: String,
        /// The parser's error.
        source: serde_json::Error,
    },
    /// The response is JSON, but not in the form that GitHub documents.
    #[error("the response has an unexpected form at `{at}`")]
    Shape {
        /// The path in the JSON document.
        at: String,
        /// The parser's error.
        source: serde_json::Error,
    },
    /// The header `Link` cannot be parsed.
    #[error("the header `Link: {0}` cannot be parsed, so the list may be incomplete")]
    Link(String),
    /// A list ends before the page that an earlier response named as its last.
    #[error("the list should have {last} pages, but ends on page {page}; it may be incomplete")]
    CutOff {
        /// The page without a next page.
        page: u32,
        /// The last page, as an earlier response named it.
        last: u32,
    },
    /// A list has more pages than the limit.
    #[error(
        "the list has more pages than `max_pages` in [github] allows ({0}) and would be cut off; raise `max_pages`"
    )]
    TooManyPages(u32),
}

/// The body of an error response: GitHub's explanation and the page of its documentation, if it gives them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    message: Option<String>,
    documentation_url: Option<String>,
}

impl Cause {
    /// If the request was a GraphQL query: whether it asked for more than GitHub can answer in time. A smaller page may help.
    pub(super) fn is_query_timeout(&self) -> bool {
        match self {
            Self::Query(errors) => errors.kind() == QueryErrorKind::Timeout,
            Self::Status { status, .. } => matches!(status.as_u16(), 502 | 504),
            Self::Connection { source, .. } => {
                matches!(source.downcast_ref(), Some(HttpError::ReadTimeout(_) | HttpError::Timeout(_)))
            }
            _ => false,
        }
    }

    /// Whether GitHub wants no requests of any kind for a while.
    pub(super) fn is_secondary_limit(&self) -> bool {
        matches!(self, Self::RateLimit { body, .. } if body.is_secondary_limit())
    }

    /// The same cause with all text from GitHub's response replaced by what `quote` returns, except in [`Self::NotJson`], whose
    /// text was already redacted.
    pub(super) fn quoted(self, quote: impl Fn(&str) -> String) -> Self {
        match self {
            Self::RateLimit { status, body, until } => {
                Self::RateLimit { status, body: body.quoted(quote), until }
            }
            Self::Status { status, body, with_token } => {
                Self::Status { status, body: body.quoted(quote), with_token }
            }
            Self::NoPermission { status, body, needed } => Self::NoPermission {
                status,
                body: body.quoted(&quote),
                needed: needed.map(|needed| quote(&needed).into()),
            },
            Self::TokenRefused { body } => Self::TokenRefused { body: body.quoted(quote) },
            Self::Query(errors) => Self::Query(errors.quoted(quote)),
            Self::NoAnswer { body } => Self::NoAnswer { body: body.quoted(quote) },
            Self::Elsewhere { what, target, expected } => {
                Self::Elsewhere { what, target: quote(&target), expected }
            }
            Self::Shape { at, source } => {
                Self::Shape { at: quote(&at), source: serde_json::Error::custom(quote(&source.to_string())) }
            }
            Self::Link(header) => Self::Link(quote(&header)),
            cause @ (Self::Connection { .. }
            | Self::Deadline { .. }
            | Self::NoToken
            | Self::NoCursor
            | Self::MaxRequests(_)
            | Self::Redirects(_)
            | Self::TooLarge(_)
            | Self::NotJson { .. }
            | Self::CutOff { .. }
            | Self::TooManyPages(_)) => cause,
        }
    }
}

impl ErrorBody {
    /// Parses the body of an error response. It is empty if the body is not GitHub's JSON: proxies answer in HTML.
    pub(super) fn parse(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// An explanation without a page of the documentation.
    pub(super) fn from_message(message: String) -> Self {
        Self { message: Some(message), documentation_url: None }
    }

    /// GitHub's explanation.
    pub(super) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Whether GitHub says that the token has no permission.
    pub(super) fn is_no_permission(&self) -> bool {
        self.message.as_deref().is_some_and(is_about_permission)
    }

    /// Whether there were too many requests in a short time.
    pub(super) fn is_secondary_limit(&self) -> bool {
        self.contains("secondary rate limit") || self.contains("abuse detection")
    }

    /// Whether a rate limit of any kind is exhausted.
    pub(super) fn is_rate_limit(&self) -> bool {
        self.is_secondary_limit() || self.contains("rate limit exceeded")
    }

    fn contains(&self, words: &str) -> bool {
        self.message.as_deref().is_some_and(|text| text.to_ascii_lowercase().contains(words))
    }

    fn quoted(self, quote: impl Fn(&str) -> String) -> Self {
        let quoted = |text: Option<String>| text.map(|text| quote(&text));
        Self { message: quoted(self.message), documentation_url: quoted(self.documentation_url) }
    }
}

impl fmt::Display for ErrorBody {
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

/// What to do about a missing permission. Empty if GitHub does not name it. GitHub also answers 404 if the name is wrong.
fn permission_advice(status: StatusCode, needed: Option<&str>) -> String {
    let Some(needed) = needed else { return String::new() };
    let name = if status == StatusCode::NOT_FOUND { "the name may be mistyped, or " } else { "" };
    format!("; {name}the GitHub token needs {}", one_line(needed))
}

/// What to do about a status. GitHub answers 404 if the token may not read a private repository.
fn advice(status: StatusCode, with_token: bool) -> &'static str {
    match (status.as_u16(), with_token) {
        (401, true) => "; check the GitHub token: it may be mistyped, expired or revoked",
        (404, true) => "; check the name, and that the GitHub token may read the repository",
        (401 | 403 | 404, false) => "; check the name, and set a GitHub token if the repository is private",
        _ => "",
    }
}
