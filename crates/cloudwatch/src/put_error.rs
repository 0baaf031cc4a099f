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
        outcome: PutOutcome,
        #[source]
        cause: AwsRequestError,
    },
    /// The request may have arrived.
    #[error("there was no response to {ACTION} before the run's deadline")]
    TooLate,
}

/// What happened to the data of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PutOutcome {
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
    pub(crate) fn outcome(&self) -> PutOutcome {
        match self {
            Self::Failed { outcome, .. } => *outcome,
            Self::TooLate => PutOutcome::Unclear,
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
        Self::Failed { outcome: outcome(&error, &cause), cause }
    }
}

impl AttemptError for PutError {
    fn retry(&self) -> Retry {
        match self.outcome() {
            PutOutcome::NotStored(retry) => retry,
            PutOutcome::Invalid | PutOutcome::TooLarge | PutOutcome::Unclear => Retry::Never,
        }
    }

    fn may_have_been_processed(&self) -> bool {
        self.outcome() == PutOutcome::Unclear
    }
}

fn outcome(error: &RequestError, cause: &AwsRequestError) -> PutOutcome {
    let Some(response) = error.raw_response() else {
        return match error {
            SdkError::ConstructionFailure(_) => PutOutcome::NotStored(Retry::Never),
            _ if is_not_connected(error) => PutOutcome::NotStored(Retry::Backoff),
            _ => PutOutcome::Unclear,
        };
    };
    let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or_default();
    let wait = response.headers().get(RETRY_AFTER.as_str());
    let wait = wait.and_then(|wait| HeaderValue::from_str(wait).ok());
    let headers: HeaderMap = wait.map(|wait| (RETRY_AFTER, wait)).into_iter().collect();
    let now = SystemTime::now();
    match cause {
        _ if may_have_been_stored(status) => PutOutcome::Unclear,
        // AWS uses the status 400 for this, too.
        AwsRequestError::Throttled(_) => PutOutcome::NotStored(Retry::after(retry_after(&headers, now))),
        AwsRequestError::Failed { code, .. } if INVALID.iter().any(|start| code.starts_with(start)) => {
            PutOutcome::Invalid
        }
        _ if status == StatusCode::PAYLOAD_TOO_LARGE => PutOutcome::TooLarge,
        _ => PutOutcome::NotStored(Retry::from_response(status, &headers, now)),
    }
}

/// Whether CloudWatch may have stored the data of a request with this status. Of the 5xx statuses, only 503 means that it has not
/// handled the request. 500 is "an unknown error, exception or failure"
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html>).
fn may_have_been_stored(status: StatusCode) -> bool {
    let is_own_failure = status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE;
    status.is_success() || is_own_failure || may_have_been_processed(status)
}

/// Whether there was no connection, so that nothing was sent.
fn is_not_connected(error: &RequestError) -> bool {
    iter::successors(error.source(), |&cause| cause.source())
        .filter_map(|cause| cause.downcast_ref::<legacy::Error>())
        .any(legacy::Error::is_connect)
}
