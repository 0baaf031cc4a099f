//! Errors of requests to a Pushgateway, classified by who can fix them and whether a retry can help.

use std::time::SystemTime;

use http::{Method, StatusCode};
use system_health_http::{AttemptError, HttpError, HttpResponse, Redactor, Retry, may_have_been_processed};

/// Why a request to the Pushgateway failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    /// 400 with a message of the Pushgateway: the metrics are wrong, or contradict those of other groups.
    #[error("the Pushgateway refused the metrics ({0})")]
    Refused(String),
    /// 413 from a proxy in front of the Pushgateway. Fewer metrics may be accepted.
    #[error("the metrics are too many for one request ({0})")]
    TooLarge(String),
    /// 401 or 403.
    #[error(
        "the login was refused ({0}); check `username` in [prometheus], or PUSHGATEWAY_USERNAME, with \
         PUSHGATEWAY_PASSWORD, or else PUSHGATEWAY_TOKEN"
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
    /// There was no response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The request is invalid.
    #[error("cannot make the request")]
    Request(#[source] reqwest::Error),
    /// The URL is invalid.
    #[error("cannot make the request")]
    Url(#[from] url::ParseError),
}

/// A failed request. The URL distinguishes several destinations.
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
    /// Classifies an unexpected response.
    pub(crate) fn from_response(response: &HttpResponse, redactor: &Redactor) -> Self {
        let text = String::from_utf8_lossy(&response.body);
        let status = response.status;
        let quoted = quote_response(response, redactor);
        let retry = Retry::from_response(status, &response.headers, SystemTime::now());
        match status {
            StatusCode::BAD_REQUEST if REFUSALS.iter().any(|start| text.starts_with(start)) => {
                Self::Refused(quoted)
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge(quoted),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Login(quoted),
            _ if retry != Retry::Never && !is_final(status) => {
                Self::Server { response: quoted, retry, may_have_arrived: may_have_been_processed(status) }
            }
            _ => Self::Unexpected(quoted),
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

/// The status and the text of a response, for an error.
pub(crate) fn quote_response(response: &HttpResponse, redactor: &Redactor) -> String {
    let (text, status) = (String::from_utf8_lossy(&response.body), response.status.as_u16());
    match redactor.quote(html_title(&text).unwrap_or(&text)) {
        words if words.is_empty() => format!("HTTP {status}"),
        words => format!("HTTP {status}: {words}"),
    }
}

/// Whether another attempt gets the same 5xx response. Either the server does not know the method or the HTTP version,
/// or the network requires a login.
pub(crate) fn is_final(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NOT_IMPLEMENTED
            | StatusCode::HTTP_VERSION_NOT_SUPPORTED
            | StatusCode::NETWORK_AUTHENTICATION_REQUIRED
    )
}

/// The title of an HTML page, which is used instead of the page. It is empty if the page has no title. `None` if the
/// text is not HTML.
fn html_title(text: &str) -> Option<&str> {
    let page = text.trim_start();
    let starts_with =
        |start: &str| page.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    if !starts_with("<!doctype html") && !starts_with("<html") {
        return None;
    }
    // Converting ASCII letters to lower case does not change the positions of characters.
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + "<title>".len());
    let title = title.and_then(|start| page.get(start..start + lower.get(start..)?.find("</title>")?));
    Some(title.unwrap_or_default())
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
