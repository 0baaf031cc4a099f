//! Errors of requests to a receiver, classified by who can fix them and whether a retry can help.

use system_health_http::{AttemptError, HttpError, Retry};
use url::Url;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OtlpError {
    /// 400: the receiver has stored nothing, because a part of the request is invalid.
    #[error("the receiver refused the metrics ({0})")]
    Invalid(String),
    /// 413, or the request is longer than the sink's own limit. Fewer points may be accepted.
    #[error("the request is too large ({0})")]
    TooLarge(String),
    /// 401 or 403.
    #[error(
        "the login was refused ({0}); check OTEL_EXPORTER_OTLP_METRICS_HEADERS, OTEL_EXPORTER_OTLP_HEADERS or \
         `headers_secret` in [otlp]"
    )]
    Login(String),
    /// 429, 502, 503 or 504: a temporary problem.
    #[error("the receiver has a problem ({response})")]
    Busy { response: String, retry: Retry, may_have_arrived: bool },
    /// 408, or another error of the server. The protocol forbids a retry.
    #[error("the receiver failed ({0})")]
    Failed(String),
    /// A success whose body cannot be read.
    #[error("cannot read the response of the receiver, so it is unknown which points were accepted ({0})")]
    Unreadable(String),
    /// Any other response.
    #[error(
        "this is not the response of an OTLP receiver ({0}); check `endpoint` and `metrics_endpoint` in [otlp], \
         OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
    )]
    Unexpected(String),
    /// There was no complete response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The request is invalid.
    #[error("cannot make the request")]
    Request(#[source] reqwest::Error),
}

/// A failed request. The URL distinguishes several destinations.
#[derive(Debug, thiserror::Error)]
#[error("POST {url}")]
pub(crate) struct RequestError {
    pub(crate) url: Url,
    pub(crate) source: OtlpError,
}

impl OtlpError {
    /// Whether the points are the cause, so that other or fewer points may be accepted.
    pub(crate) fn blames_points(&self) -> bool {
        matches!(self, Self::Invalid(_) | Self::TooLarge(_))
    }

    /// Whether the receiver may have stored the points in spite of the error.
    fn may_have_arrived(&self) -> bool {
        match self {
            Self::Busy { may_have_arrived, .. } => *may_have_arrived,
            Self::Failed(_) | Self::Unreadable(_) => true,
            Self::Http(error) => !error.is_connect(),
            Self::Invalid(_)
            | Self::TooLarge(_)
            | Self::Login(_)
            | Self::Unexpected(_)
            | Self::Request(_) => false,
        }
    }
}

impl AttemptError for RequestError {
    fn retry(&self) -> Retry {
        match &self.source {
            OtlpError::Busy { retry, .. } => *retry,
            OtlpError::Http(error) => Retry::from(error),
            _ => Retry::Never,
        }
    }

    fn may_have_been_processed(&self) -> bool {
        self.source.may_have_arrived()
    }
}
