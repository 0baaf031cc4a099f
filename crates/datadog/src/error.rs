//! What can go wrong between us and Datadog, told apart by who can fix it and whether a retry helps.

use std::{fmt, time::Duration};

use http::StatusCode;
use system_health_http::{AttemptError, HttpError, Retry, may_have_been_processed};

use crate::{
    ErrorResponse, Key,
    limits::{MAX_COMPRESSED, MAX_PLAIN},
};

/// Why Datadog did not take a request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatadogError {
    /// 401 or 403: the key is wrong, belongs to another site, or has too few rights.
    #[error("{} refused ({response}); {}", keys(*.key), advice(*.key, *.scope))]
    RefusedKey {
        /// Which key. Of a request with both, it is the application key.
        key: Key,
        /// What Datadog said.
        response: ErrorResponse,
        /// The scope that an application key needs for the request, if it needs one.
        scope: Option<&'static str>,
    },
    /// 400, 413 or 422 in Datadog's form, or a 202 that lists errors.
    #[error("the payload was refused ({0}); {hint}", hint = hint(.0))]
    RefusedPayload(ErrorResponse),
    /// 400, 409 or 422 in Datadog's form to a request that is no delivery: the dashboard, monitor or query.
    #[error("Datadog refuses it ({0})")]
    Refused(ErrorResponse),
    /// 404 in Datadog's form: what the request is about is not there.
    #[error("Datadog does not have it ({0})")]
    NotFound(ErrorResponse),
    /// A payload that is not sent, because it is larger than Datadog takes.
    #[error("the payload is too large: {size} bytes {form}, and Datadog takes {limit}")]
    TooLarge {
        /// Its size, in bytes.
        size: usize,
        /// What has this size: `of JSON` or `compressed`.
        form: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A value that is not sent, because JSON cannot say it.
    #[error("its value is {0}, which is no finite number")]
    NotFinite(f64),
    /// 429: too many requests.
    #[error("too many requests ({response}); try again {}", when(*.wait))]
    RateLimited {
        /// What Datadog said.
        response: ErrorResponse,
        /// The time until requests are accepted again, when Datadog named it.
        wait: Option<Duration>,
    },
    /// 408 or 5xx: Datadog has a problem of its own.
    #[error("Datadog has a problem ({response}); try again {}, or see https://status.datadoghq.com", when(*.wait))]
    Server {
        /// What Datadog said.
        response: ErrorResponse,
        /// The time after which to try again, when Datadog named it.
        wait: Option<Duration>,
    },
    /// Any other answer, such as the page of a proxy in the way.
    #[error("the answer is not one of Datadog's ({0}); check DD_URL and any proxy in the way")]
    Unexpected(ErrorResponse),
    /// The connection was accepted, but no complete answer came in time.
    #[error("no answer from {host} within {limit:?}")]
    TimedOut {
        /// The host, with its port.
        host: String,
        /// How long the request, or a read, was allowed to take.
        limit: Duration,
    },
    /// The delivery ends before an answer.
    #[error("no answer from {host} before the run's deadline")]
    Deadline {
        /// The host, with its port.
        host: String,
    },
    /// No connection, or one that broke.
    #[error("no connection to {host} (from DD_SITE or DD_URL)")]
    Unreachable {
        /// The host, with its port.
        host: String,
        /// What happened to the connection.
        source: HttpError,
    },
    /// The client could not make the request.
    #[error("Datadog's client failed: {0}")]
    Client(String),
}

impl DatadogError {
    /// Classifies a response that was no success. `wait` is what it asks for before a retry.
    ///
    /// Only Datadog can say that a payload is no good, and it does so with a list of errors; a proxy that
    /// says so does not know.
    pub(crate) fn from_response(
        response: ErrorResponse,
        refused: Key,
        lists_errors: bool,
        wait: Option<Duration>,
    ) -> Self {
        match response.status {
            401 | 403 => Self::RefusedKey { key: refused, response, scope: None },
            400 | 409 | 422 if lists_errors && refused == Key::Application => Self::Refused(response),
            404 if lists_errors && refused == Key::Application => Self::NotFound(response),
            202 | 400 | 413 | 422 if lists_errors => Self::RefusedPayload(response),
            429 => Self::RateLimited { response, wait },
            408 | 500.. => Self::Server { response, wait },
            _ => Self::Unexpected(response),
        }
    }

    /// Adds to a refused key which scope the request needs.
    pub(crate) fn with_scope(self, scope: Option<&'static str>) -> Self {
        match self {
            Self::RefusedKey { key, response, .. } => Self::RefusedKey { key, response, scope },
            other => other,
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        self.retry() != Retry::Never
    }
}

impl AttemptError for DatadogError {
    fn retry(&self) -> Retry {
        match self {
            Self::RateLimited { wait, .. } | Self::Server { wait, .. } => Retry::after(*wait),
            Self::TimedOut { .. } => Retry::Backoff,
            Self::Unreachable { source, .. } => source.into(),
            Self::RefusedKey { .. }
            | Self::RefusedPayload(_)
            | Self::Refused(_)
            | Self::NotFound(_)
            | Self::TooLarge { .. }
            | Self::NotFinite(_)
            | Self::Unexpected(_)
            | Self::Deadline { .. }
            | Self::Client(_) => Retry::Never,
        }
    }

    fn may_have_been_processed(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Deadline { .. } => true,
            Self::Unreachable { source, .. } => !source.is_connect(),
            Self::Server { response, .. } => {
                StatusCode::from_u16(response.status).is_ok_and(may_have_been_processed)
            }
            // A success, but not in Datadog's form.
            Self::Unexpected(response) => response.status < 300,
            _ => false,
        }
    }

    /// A rate limit holds for the whole organization.
    fn rate_limit(&self) -> Option<Self> {
        match self {
            Self::RateLimited { response, .. } => {
                Some(Self::RateLimited { response: response.clone(), wait: None })
            }
            _ => None,
        }
    }
}

/// Datadog does not say which of two keys it refused.
fn keys(key: Key) -> &'static str {
    match key {
        Key::Api => "the API key was",
        Key::Application => "the application key, or the API key beside it, was",
    }
}

fn advice(key: Key, scope: Option<&str>) -> String {
    let organization = "check that both belong to one organization of this site (DD_SITE)";
    match (key, scope) {
        (Key::Api, _) => "check the key, and in DD_SITE that it belongs to this site".to_owned(),
        (Key::Application, None) => organization.to_owned(),
        (Key::Application, Some(scope)) => {
            format!("{organization}, and that the application key has the scope `{scope}`")
        }
    }
}

fn hint(response: &ErrorResponse) -> impl fmt::Display {
    match response.status {
        413 => format!("Datadog takes {MAX_PLAIN} bytes of JSON, and {MAX_COMPRESSED} compressed"),
        _ => "`report --dry-run` shows what is sent".to_owned(),
    }
}

fn when(wait: Option<Duration>) -> impl fmt::Display {
    match wait {
        Some(wait) => format!("in {wait:?}"),
        None => "later".to_owned(),
    }
}
