//! Errors of remote writes, classified as the protocol requires
//! (<https://prometheus.io/docs/specs/prw/remote_write_spec/#retries--backoff>).

use system_health_http::{AttemptError, HttpError, HttpResponse, Redactor, Retry};

use crate::response::{Meaning, quote_response};

/// Why a remote write failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteWriteError {
    /// 400 or 422: at least one sample is refused.
    #[error("the samples are refused ({0})")]
    Refused(String),
    /// 400 because at least one series already has another value at this time.
    #[error("there is another value with the same time ({0})")]
    OtherValue(String),
    /// 400 because the time, which all samples of the request have, is too old. Prometheus before version 2.50 may answer 500.
    #[error("the time is too old for this Prometheus ({0}); see `out_of_order_time_window` of Prometheus")]
    TooOld(String),
    /// 400 because the time of the samples is too far in the future.
    #[error(
        "the time is too far in the future for this server ({0}); compare the clocks of this machine and of the server"
    )]
    TooFarAhead(String),
    /// 413. Fewer samples may be accepted.
    #[error("there are too many samples for one request ({0})")]
    TooLarge(String),
    /// Distributions are refused.
    #[error(
        "this Prometheus does not accept distributions ({0}); start it with --enable-feature=native-histograms, or deliver to a \
         Pushgateway or a textfile"
    )]
    NoHistograms(String),
    /// 401 or 403.
    #[error(
        "the login was refused ({0}); check the user name (`remote_write_username` in [prometheus] or \
         PROMETHEUS_REMOTE_WRITE_USERNAME) and PROMETHEUS_REMOTE_WRITE_PASSWORD, or PROMETHEUS_REMOTE_WRITE_TOKEN if you use a \
         token"
    )]
    Login(String),
    /// 408, 429 or 5xx: a temporary problem. Some 5xx statuses are final and do not belong here.
    #[error("the server has a problem ({response})")]
    Server { response: String, retry: Retry, may_have_arrived: bool },
    /// Any other response.
    #[error(
        "this is not the response of a server for remote writes ({0}); check `remote_write` in [prometheus], or \
         PROMETHEUS_REMOTE_WRITE_URL. Prometheus needs --web.enable-remote-write-receiver"
    )]
    Unexpected(String),
    /// There was no complete response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The request is invalid.
    #[error("cannot make the request")]
    Request(#[source] reqwest::Error),
    /// The body cannot be compressed.
    #[error("cannot compress the request")]
    Compression(#[from] snap::Error),
}

/// A failed request. The URL distinguishes several destinations.
#[derive(Debug, thiserror::Error)]
#[error("POST {url}")]
pub(crate) struct RemoteRequestError {
    pub(crate) url: String,
    pub(crate) source: RemoteWriteError,
}

/// The message of a Prometheus that does not store native histograms
/// (<https://github.com/prometheus/prometheus/blob/v2.42.0/storage/interface.go>). Its status is 500.
const NO_HISTOGRAMS: &str = "native histograms are disabled";

/// The messages about old times (the same file). All samples of a request have one time, so nearly always all of them are too
/// old. Before version 2.50, the status of the second message is 500
/// (<https://github.com/prometheus/prometheus/pull/13335>).
const TOO_OLD: [&str; 2] = ["out of bounds", "too old sample"];

/// The message about a time in the future, from Prometheus 2.54 or later. It also starts with `out of bounds`
/// (<https://github.com/prometheus/prometheus/pull/14304>).
const TOO_FAR_AHEAD: &str = "timestamp is too far in the future";

/// The messages of Prometheus (the same file as above), Cortex and Mimir
/// (<https://grafana.com/docs/mimir/latest/manage/mimir-runbooks/#err-mimir-sample-duplicate-timestamp>) about a series that
/// already has another value at the same time. The same value again is accepted.
const OTHER_VALUE: [&str; 2] = ["duplicate sample for timestamp", "err-mimir-sample-duplicate-timestamp"];

impl RemoteWriteError {
    /// Classifies a response that is not a success.
    pub(crate) fn from_response(response: &HttpResponse, redactor: &Redactor) -> Self {
        let text = String::from_utf8_lossy(&response.body);
        let quoted = quote_response(response, redactor);
        let is_too_old = TOO_OLD.iter().any(|start| text.starts_with(start));
        match Meaning::from(response) {
            _ if text.contains(NO_HISTOGRAMS) => Self::NoHistograms(quoted),
            Meaning::Refused if text.contains(TOO_FAR_AHEAD) => Self::TooFarAhead(quoted),
            Meaning::Refused | Meaning::Busy { .. } if is_too_old => Self::TooOld(quoted),
            Meaning::Refused if OTHER_VALUE.iter().any(|part| text.contains(part)) => {
                Self::OtherValue(quoted)
            }
            Meaning::Refused => Self::Refused(quoted),
            Meaning::TooLarge => Self::TooLarge(quoted),
            Meaning::Login => Self::Login(quoted),
            Meaning::Busy { retry, may_have_arrived } => {
                Self::Server { response: quoted, retry, may_have_arrived }
            }
            Meaning::Success | Meaning::Unexpected => Self::Unexpected(quoted),
        }
    }

    /// Whether the time is refused, and with it all samples of the request.
    pub(crate) fn blames_the_time(&self) -> bool {
        matches!(self, Self::TooOld(_) | Self::TooFarAhead(_))
    }

    /// Whether a request with fewer samples may be accepted.
    pub(crate) fn blames_some_samples(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TooLarge(_))
    }
}

impl AttemptError for RemoteRequestError {
    fn retry(&self) -> Retry {
        match &self.source {
            RemoteWriteError::Server { retry, .. } => *retry,
            RemoteWriteError::Http(error) => Retry::from(error),
            _ => Retry::Never,
        }
    }

    fn may_have_been_processed(&self) -> bool {
        match &self.source {
            RemoteWriteError::Server { may_have_arrived, .. } => *may_have_arrived,
            RemoteWriteError::Http(error) => !error.is_connect(),
            _ => false,
        }
    }
}
