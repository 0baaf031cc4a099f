//! Why a request `PutMetricData` failed, and what that means for its points.

use std::{error::Error, iter, time::SystemTime};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};
use hyper_util::client::legacy;
use system_health_credentials::{AwsRequestError, CloudWatchResponseError};
use system_health_http::{AttemptError, Retry, may_have_been_processed, retry_after};

/// The action. The permission for it has the same name.
pub(crate) const ACTION: &str = "cloudwatch:PutMetricData";

/// The beginnings of error codes about the data of a request. See
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html#API_PutMetricData_Errors>.
const INVALID: [&str; 4] = ["InvalidParameter", "MissingParameter", "MissingRequiredParameter", "Validation"];

/// The SDK's error of a request.
type RequestError = SdkError<CloudWatchResponseError, HttpResponse>;

/// Why a request failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum PutError {
    /// The SDK returned an error, with or without a response.
    #[error("the request {ACTION} failed")]
    Failed {
        failure: PutFailure,
        #[source]
        cause: AwsRequestError,
    },
    /// The request may have arrived.
    #[error("there was no response to {ACTION} before the run's deadline")]
    NoResponse,
}

/// What a failed request means for its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PutFailure {
    /// CloudWatch stored nothing, because some of the data are invalid.
    Invalid,
    /// Nothing was stored, because the request is too large.
    TooLarge,
    /// Nothing was stored. Contains whether and when to retry the request.
    NotStored(Retry),
    /// The data may have been stored.
    Unclear,
}

impl PutError {
    pub(crate) fn failure(&self) -> PutFailure {
        match self {
            Self::Failed { failure, .. } => *failure,
            Self::NoResponse => PutFailure::Unclear,
        }
    }

    /// Whether AWS says that the permission is missing.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self, Self::Failed { cause: AwsRequestError::AccessDenied(_), .. })
    }
}

impl From<RequestError> for PutError {
    fn from(error: RequestError) -> Self {
        let cause = AwsRequestError::from(&error);
        Self::Failed { failure: failure(&error, &cause), cause }
    }
}

impl AttemptError for PutError {
    fn retry(&self) -> Retry {
        match self.failure() {
            PutFailure::NotStored(retry) => retry,
            PutFailure::Invalid | PutFailure::TooLarge | PutFailure::Unclear => Retry::Never,
        }
    }

    fn may_have_been_processed(&self) -> bool {
        self.failure() == PutFailure::Unclear
    }
}

fn failure(error: &RequestError, cause: &AwsRequestError) -> PutFailure {
    let Some(response) = error.raw_response() else {
        return match error {
            SdkError::ConstructionFailure(_) => PutFailure::NotStored(Retry::Never),
            _ if is_not_connected(error) => PutFailure::NotStored(Retry::Backoff),
            _ => PutFailure::Unclear,
        };
    };
    let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or_default();
    let wait = response.headers().get(RETRY_AFTER.as_str());
    let wait = wait.and_then(|wait| HeaderValue::from_str(wait).ok());
    let headers: HeaderMap = wait.map(|wait| (RETRY_AFTER, wait)).into_iter().collect();
    let now = SystemTime::now();
    match cause {
        _ if may_have_been_stored(status) => PutFailure::Unclear,
        // AWS uses the status 400 for this, too.
        AwsRequestError::Throttled(_) => PutFailure::NotStored(Retry::after(retry_after(&headers, now))),
        AwsRequestError::Failed { code, .. } if INVALID.iter().any(|start| code.starts_with(start)) => {
            PutFailure::Invalid
        }
        _ if status == StatusCode::PAYLOAD_TOO_LARGE => PutFailure::TooLarge,
        _ => PutFailure::NotStored(Retry::from_response(status, &headers, now)),
    }
}

/// Whether CloudWatch may have stored the data of a request with this status. Of the 5xx statuses, only 503 means that it has not
/// handled the request. 500 is "an unknown error, exception or failure"
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html>).
fn may_have_been_stored(status: StatusCode) -> bool {
    let is_internal_failure = status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE;
    status.is_success() || is_internal_failure || may_have_been_processed(status)
}

/// Whether there was no connection, so that nothing was sent.
fn is_not_connected(error: &RequestError) -> bool {
    iter::successors(error.source(), |&cause| cause.source())
        .filter_map(|cause| cause.downcast_ref::<legacy::Error>())
        .any(legacy::Error::is_connect)
}
