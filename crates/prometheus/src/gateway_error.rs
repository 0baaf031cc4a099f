//! Errors of requests to a Pushgateway, classified by who can fix them and whether a retry can help.

use http::Method;
use system_health_http::{AttemptError, HttpError, HttpResponse, Redactor, Retry};

use crate::response::{Meaning, quote_response};

/// Why a request to the Pushgateway failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    /// 400 with a message of the Pushgateway: the metrics are wrong, or contradict those of other groups.
    #[error("the Pushgateway refused the metrics ({0})")]
    Refused(String),
    /// 413 from a proxy in front of the Pushgateway. Fewer metrics may be accepted.
    #[error("there are too many metrics for one request ({0})")]
    TooLarge(String),
    /// 401 or 403.
    #[error(
        "the login was refused ({0}); check the user name (`username` in [prometheus] or PUSHGATEWAY_USERNAME) and \
         PUSHGATEWAY_PASSWORD, or PUSHGATEWAY_TOKEN if you use a token"
    )]
    Login(String),
    /// 408, 429 or 5xx: a temporary problem. Some 5xx statuses are final and do not belong here.
    #[error("the Pushgateway has a problem ({response})")]
    Server { response: String, retry: Retry, may_have_arrived: bool },
    /// Any other response.
    #[error(
        "this is not the response of a Pushgateway ({0}); check `pushgateway` in [prometheus], or PUSHGATEWAY_URL"
    )]
    Unexpected(String),
    /// There was no complete response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The request is invalid.
    #[error("cannot make the request")]
    Request(#[source] reqwest::Error),
    /// The URL is invalid.
    #[error("cannot make the request")]
    Url(#[from] url::ParseError),
}

/// A failed request. The URL tells which of several destinations failed.
#[derive(Debug, thiserror::Error)]
#[error("{method} {url}")]
pub(crate) struct RequestError {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) source: GatewayError,
}

/// The first words of the Pushgateway's messages about wrong metrics
/// (<https://github.com/prometheus/pushgateway/blob/master/handler/push.go>).
const REFUSALS: [&str; 2] = ["text format parsing error", "pushed metrics are invalid or inconsistent"];

impl GatewayError {
    /// Classifies a response that reports a failure or does not come from a Pushgateway.
    pub(crate) fn from_response(response: &HttpResponse, redactor: &Redactor) -> Self {
        let text = String::from_utf8_lossy(&response.body);
        let quoted = quote_response(response, redactor);
        match Meaning::from(response) {
            Meaning::Refused if REFUSALS.iter().any(|start| text.starts_with(start)) => Self::Refused(quoted),
            Meaning::TooLarge => Self::TooLarge(quoted),
            Meaning::Login => Self::Login(quoted),
            Meaning::Busy { retry, may_have_arrived } => {
                Self::Server { response: quoted, retry, may_have_arrived }
            }
            Meaning::Success | Meaning::Refused | Meaning::Unexpected => Self::Unexpected(quoted),
        }
    }

    /// Whether the metrics are the cause, so that other or fewer metrics may be accepted.
    pub(crate) fn blames_metrics(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TooLarge(_))
    }

    /// Whether the Pushgateway may have stored the metrics in spite of the error.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Server { may_have_arrived, .. } => *may_have_arrived,
            Self::Http(error) => !error.is_connect(),
            _ => false,
        }
    }
}

impl AttemptError for RequestError {
    fn retry(&self) -> Retry {
        match &self.source {
            GatewayError::Server { retry, .. } => *retry,
            GatewayError::Http(error) => Retry::from(error),
            _ => Retry::Never,
        }
    }

    fn may_have_been_processed(&self) -> bool {
        self.source.may_have_arrived()
    }
}
