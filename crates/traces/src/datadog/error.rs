//! Why a request to an Agent failed.

use http::StatusCode;
use system_health_http::HttpError;

use super::AgentAddress;

/// A failed request.
#[derive(Debug, thiserror::Error)]
#[error("the Agent at {address}")]
pub(crate) struct AgentError {
    pub(super) address: AgentAddress,
    pub(super) source: AgentProblem,
}

/// Why a request to an Agent failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentProblem {
    /// There was no complete response.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The Agent takes no traces.
    #[error("it does not accept traces; enable APM with DD_APM_ENABLED=true in the Agent, or check the port")]
    NoTraces,
    /// Too many traces.
    #[error("it gets too many traces ({0})")]
    Busy(StatusCode),
    /// Any other status.
    #[error("it answered {0}")]
    Status(StatusCode),
    /// The request cannot be made.
    #[error("cannot make the request")]
    Request(#[source] reqwest::Error),
    /// The response does not come from an Agent.
    #[error("the response is not that of an Agent; check the address")]
    Unreadable(#[source] serde_json::Error),
}

impl AgentProblem {
    /// The error for a status that is not a success.
    pub(super) fn check(status: StatusCode) -> Result<(), Self> {
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Err(Self::NoTraces),
            StatusCode::TOO_MANY_REQUESTS => Err(Self::Busy(status)),
            status => Err(Self::Status(status)),
        }
    }
}
