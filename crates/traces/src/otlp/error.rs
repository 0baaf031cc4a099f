//! Why a request to a receiver failed.

use http::StatusCode;
use system_health_http::HttpError;
use url::Url;

/// A failed request. The URL contains no secret.
#[derive(Debug, thiserror::Error)]
#[error("POST {url}")]
pub(crate) struct ReceiverError {
    pub(super) url: Url,
    pub(super) source: ReceiverProblem,
}

/// Why a request to a receiver failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiverProblem {
    /// There was no complete response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// 401 or 403.
    #[error(
        "the login was refused ({0}); check OTEL_EXPORTER_OTLP_TRACES_HEADERS or OTEL_EXPORTER_OTLP_HEADERS"
    )]
    Login(StatusCode),
    /// The receiver accepted only some of the spans.
    #[error("the receiver refused some spans: {refused} ({reason})")]
    Partial { refused: i64, reason: String },
    /// Any other status.
    #[error("the receiver answered {0}")]
    Status(StatusCode),
    /// The request cannot be made.
    #[error("cannot make the request")]
    Request(#[source] reqwest::Error),
}

impl ReceiverProblem {
    /// The error for a status that is not a success.
    pub(super) fn check(status: StatusCode) -> Result<(), Self> {
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Self::Login(status)),
            status => Err(Self::Status(status)),
        }
    }
}
