//! Errors of requests to Datadog. The variants differ in who can fix them, and in whether a retry can help.

use std::{fmt, time::Duration};

use system_health_http::{AttemptError, HttpError, Retry};

use super::{
    DatadogKey, ErrorResponse,
    limits::{MAX_COMPRESSED_SIZE, MAX_JSON_SIZE},
};

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatadogError {
    /// 401 or 403: the key is wrong, belongs to another site, or lacks permissions.
    #[error("{} refused ({response}); {}", keys(*.key), advice(*.key, *.scope))]
    RefusedKey {
        /// Which key. For a request with both keys, this is the application key.
        key: DatadogKey,
        /// The response.
        response: ErrorResponse,
        /// The scope that an application key needs for the request, if any.
        scope: Option<&'static str>,
    },
    /// 202, 400, 413 or 422 with Datadog's list of errors: the payload of a delivery was refused.
    #[error("the payload was refused ({0}); {hint}", hint = hint(.0))]
    RefusedPayload(ErrorResponse),
    /// 400, 409 or 422 with Datadog's list of errors, or a query that ended with an error: a dashboard, a monitor, metadata or a
    /// query was refused.
    #[error("Datadog refused the request ({0})")]
    Refused(ErrorResponse),
    /// 404 with Datadog's list of errors: the requested object does not exist.
    #[error("the requested object does not exist in Datadog ({0})")]
    NotFound(ErrorResponse),
    /// The payload was not sent, because it exceeds Datadog's limit.
    #[error("the payload is too large: {size} bytes {form}, and Datadog accepts at most {limit}")]
    TooLarge {
        /// Its size, in bytes.
        size: usize,
        /// The form in which the payload has this size: `of JSON` or `compressed`.
        form: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The distribution was not sent, because it has too many values to send each of them.
    #[error("it has {count} values, and at most {limit} are sent to Datadog at once; deliver it more often")]
    TooManyValues {
        /// The number of its values.
        count: u64,
        /// The maximum.
        limit: u64,
    },
    /// The value was not sent, because the value of a series must be a finite number.
    #[error("its value is {value}, which is not a finite number")]
    NotANumber {
        /// The value.
        value: String,
    },
    /// The value was not sent, because Datadog has no series of its kind.
    #[error(
        "its kind is {kind}, but a number in Datadog is a gauge, count or rate; a reporter converts counters to counts"
    )]
    UnconvertedKind {
        /// The name of the kind.
        kind: &'static str,
    },
    /// 429: too many requests.
    #[error("too many requests ({response}); try again {}", when(*.wait))]
    RateLimited {
        /// The response.
        response: ErrorResponse,
        /// Time until requests are accepted again, if the response says so.
        wait: Option<Duration>,
    },
    /// 408 or 5xx: a problem on Datadog's side.
    #[error("Datadog has a problem ({response}); try again {}, or see https://status.datadoghq.com", when(*.wait))]
    Server {
        /// The response.
        response: ErrorResponse,
        /// Time after which to try again, if the response says so.
        wait: Option<Duration>,
    },
    /// Any other response, such as an error page of a proxy.
    #[error("the response is not from Datadog's API ({0}); check DD_URL and proxies")]
    Unexpected(ErrorResponse),
    /// The server accepted the connection, but did not respond in time.
    #[error("no response from {host} within {limit:?}")]
    TimedOut {
        /// The host, with its port.
        host: String,
        /// The timeout of the request or of a read.
        limit: Duration,
    },
    /// The deadline of a run came before a response.
    #[error("no response from {host} before the run's deadline")]
    Deadline {
        /// The host, with its port.
        host: String,
    },
    /// A request that does not belong to a run, and its retries, took too long.
    #[error("no usable response from {host} within {limit:?}, including retries")]
    GaveUp {
        /// The host, with its port.
        host: String,
        /// The time for the request and its retries.
        limit: Duration,
    },
    /// There was no connection, or it broke.
    #[error("the connection to {host} (from DD_SITE or DD_URL) failed")]
    Unreachable {
        /// The host, with its port.
        host: String,
        /// The cause.
        source: HttpError,
    },
    /// The request could not be built.
    #[error("the request could not be built: {0}")]
    Client(String),
}

impl DatadogError {
    /// Classifies a response that is not a success. `key` is the key to mention if the keys were refused. `wait` is the time that
    /// the response asks to wait before a retry.
    ///
    /// Only a response with Datadog's list of errors means that the payload was refused. The same status from a proxy does
    /// not.
    pub(crate) fn from_response(
        response: ErrorResponse,
        key: DatadogKey,
        lists_errors: bool,
        wait: Option<Duration>,
    ) -> Self {
        match response.status {
            401 | 403 => Self::RefusedKey { key, response, scope: None },
            400 | 409 | 422 if lists_errors && key == DatadogKey::Application => Self::Refused(response),
            404 if lists_errors && key == DatadogKey::Application => Self::NotFound(response),
            202 | 400 | 413 | 422 if lists_errors => Self::RefusedPayload(response),
            429 => Self::RateLimited { response, wait },
            408 | 500.. => Self::Server { response, wait },
            _ => Self::Unexpected(response),
        }
    }

    /// Adds the scope that the request needs, if the key was refused.
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
            | Self::NotANumber { .. }
            | Self::UnconvertedKind { .. }
            | Self::TooManyValues { .. }
            | Self::Unexpected(_)
            | Self::Deadline { .. }
            | Self::GaveUp { .. }
            | Self::Client(_) => Retry::Never,
        }
    }

    fn may_have_been_processed(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Deadline { .. } | Self::GaveUp { .. } => true,
            Self::Unreachable { source, .. } => !source.is_connect(),
            // Datadog may have created something before an internal error, and a gateway does not know what the server
            // behind it did. Only 503 means that the request was not handled.
            Self::Server { response, .. } => response.status != 503,
            // The status is that of a success, but the response is not from Datadog or lists errors.
            Self::Unexpected(response) | Self::RefusedPayload(response) => response.status < 300,
            _ => false,
        }
    }

    /// A rate limit applies to the whole organization.
    fn rate_limit(&self) -> Option<Self> {
        match self {
            Self::RateLimited { response, .. } => {
                Some(Self::RateLimited { response: response.clone(), wait: None })
            }
            _ => None,
        }
    }
}

/// Datadog does not say which of the two keys it refused.
fn keys(key: DatadogKey) -> &'static str {
    match key {
        DatadogKey::Api => "the API key was",
        DatadogKey::Application => "the application key or the API key was",
    }
}

fn advice(key: DatadogKey, scope: Option<&str>) -> String {
    let organization = "check that both keys belong to the same organization of this site (DD_SITE)";
    match (key, scope) {
        (DatadogKey::Api, _) => {
            "check that the key is complete and belongs to this site (DD_SITE)".to_owned()
        }
        (DatadogKey::Application, None) => organization.to_owned(),
        (DatadogKey::Application, Some(scope)) => {
            format!("{organization}, and that the application key has the scope `{scope}`")
        }
    }
}

fn hint(response: &ErrorResponse) -> impl fmt::Display {
    match response.status {
        413 => format!(
            "Datadog accepts at most {MAX_JSON_SIZE} bytes of JSON, and {MAX_COMPRESSED_SIZE} bytes compressed"
        ),
        _ => "a dry run shows what is sent".to_owned(),
    }
}

fn when(wait: Option<Duration>) -> impl fmt::Display {
    match wait {
        // `Retry-After` may be a date, which may have passed by the clock of this machine.
        Some(wait) if !wait.is_zero() => format!("in {wait:.0?}"),
        _ => "later".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_shown_in_whole_seconds_unless_it_is_over() {
        for (wait, expected) in [
            (None, "later"),
            (Some(Duration::ZERO), "later"),
            (Some(Duration::from_secs(42)), "in 42s"),
            (Some(Duration::from_millis(9_483)), "in 9s"),
        ] {
            assert_eq!(when(wait).to_string(), expected);
        }
    }
}
