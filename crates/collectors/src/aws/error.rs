//! Why something could not be read from AWS.

use std::error::Error;

use aws_sdk_codebuild::error::{ProvideErrorMetadata, SdkError};
use system_health_credentials::{AwsMessage, AwsRequestError};

/// Why something could not be read from AWS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AwsError {
    /// A request failed. An action has the same name as the permission for it.
    #[error("the request {action} failed")]
    Request {
        /// The action, such as `codebuild:ListProjects`.
        action: &'static str,
        /// Why it failed.
        #[source]
        cause: AwsRequestError,
    },
    /// There are more items than the settings allow.
    #[error("there are more than {limit} {what}; raise `{setting}` in [aws], or {alternative}")]
    TooMany {
        /// What there are too many of, such as `projects`.
        what: &'static str,
        /// The limit.
        limit: u32,
        /// The key of the limit in `[aws]`.
        setting: &'static str,
        /// What else to do, such as `select fewer`.
        alternative: &'static str,
    },
    /// A response cannot be used.
    #[error("the response to {action} contains {what}")]
    Response {
        /// The action.
        action: &'static str,
        /// The part of the response that cannot be used, and why.
        what: String,
    },
}

impl AwsError {
    /// The error of a failed request.
    pub(super) fn from_request_error<E>(action: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        Self::Request { action, cause: AwsRequestError::from(error) }
    }

    /// Whether AWS says that the project or pipeline of the request does not exist. It was deleted after the list was read.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Request { cause: AwsRequestError::Failed { code, .. }, .. }
            if ["PipelineNotFoundException", "ResourceNotFoundException"].contains(&&**code))
    }

    /// The action that AWS denied, and AWS's message.
    pub(super) fn denied_action(&self) -> Option<(&'static str, &AwsMessage)> {
        match self {
            Self::Request { action, cause: AwsRequestError::AccessDenied(message) } => {
                Some((action, message))
            }
            _ => None,
        }
    }
}
