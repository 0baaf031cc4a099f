//! What can go wrong between us and Datadog, told apart by who can mend it and whether a retry helps.

use std::{fmt, time::Duration};

use http::HeaderMap;
use system_health_registry::DeliveryError;

use crate::Answer;

/// Why Datadog did not take a request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatadogError {
    /// 401 or 403: the key is wrong, or belongs to another site.
    #[error("the API key was refused ({0}); check the key, and in DD_SITE that it belongs to this site")]
    RefusedKey(Answer),
    /// 400, 413 or 422, or a 202 that lists errors.
    #[error("the payload was refused ({0}); `report --dry-run` shows what is sent")]
    RefusedPayload(Answer),
    /// 429: too many requests.
    #[error("too many requests ({answer}); try again {}", when(*.reset))]
    RateLimited {
        /// What Datadog said.
        answer: Answer,
        /// The time until requests are accepted again, when Datadog named it.
        reset: Option<Duration>,
    },
    /// 408 or 5xx: Datadog has a problem of its own.
    #[error("Datadog has a problem ({0}); try again later, or see https://status.datadoghq.com")]
    Server(Answer),
    /// Any other answer, such as the page of a proxy in the way.
    #[error("the answer is not one of Datadog's ({0}); check DD_URL and any proxy in the way")]
    Unexpected(Answer),
    /// The connection was accepted, but no complete answer came in time.
    #[error("no answer from {host} within {limit:?}")]
    TimedOut {
        /// The host, with its port.
        host: String,
        /// How long the request was allowed to take.
        limit: Duration,
    },
    /// No connection, or one that broke.
    #[error("no connection to {host} (from DD_SITE or DD_URL)")]
    Unreachable {
        /// The host, with its port.
        host: String,
        /// What happened to the connection.
        source: reqwest::Error,
    },
    /// The client could not make the request or read the answer.
    #[error("Datadog's client failed: {0}")]
    Client(String),
}

impl DatadogError {
    /// Classifies an answer that was no success.
    pub(crate) fn from_answer(answer: Answer, lists_errors: bool, headers: &HeaderMap) -> Self {
        match answer.status {
            401 | 403 => Self::RefusedKey(answer),
            202 if lists_errors => Self::RefusedPayload(answer),
            400 | 413 | 422 => Self::RefusedPayload(answer),
            429 => Self::RateLimited { answer, reset: reset(headers) },
            408 | 500.. => Self::Server(answer),
            _ => Self::Unexpected(answer),
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_retriable(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Server(_) | Self::TimedOut { .. } | Self::Unreachable { .. } => {
                true
            }
            Self::RefusedKey(_) | Self::RefusedPayload(_) | Self::Unexpected(_) | Self::Client(_) => false,
        }
    }
}

impl From<DatadogError> for DeliveryError {
    fn from(error: DatadogError) -> Self {
        if error.is_retriable() { Self::retriable(error) } else { Self::permanent(error) }
    }
}

/// The seconds until requests are accepted again.
/// See <https://docs.datadoghq.com/api/latest/rate-limits/>.
fn reset(headers: &HeaderMap) -> Option<Duration> {
    let header = headers.get("x-ratelimit-reset").or_else(|| headers.get("retry-after"))?;
    header.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn when(reset: Option<Duration>) -> impl fmt::Display {
    match reset {
        Some(reset) => format!("in {reset:?}"),
        None => "later".to_owned(),
    }
}
