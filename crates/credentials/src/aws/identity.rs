//! The AWS identity of this process, for its diagnosis.

use super::session::{AwsSession, AwsSessionError};
use crate::AwsMessage;

/// The account, and the user or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AwsIdentity {
    pub(super) account: String,
    pub(super) arn: String,
}

/// Why there is no identity.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum IdentityError {
    #[error("there are no AWS credentials")]
    NoCredentials,
    #[error("the AWS profile in use logs in through `{0}`, which this program does not support")]
    UnsupportedProfile(AwsMessage),
    #[error("the AWS credentials could not be loaded: {0}")]
    Broken(AwsMessage),
    #[error("no connection to AWS can be set up: {0}")]
    NoConnection(AwsMessage),
    #[error("no AWS region is known")]
    NoRegion,
    #[error("AWS refuses to identify this process: {0}")]
    Refused(AwsMessage),
    #[error("no response from AWS within 10s")]
    NoResponse,
}

impl AwsIdentity {
    /// Fetches the identity from the Security Token Service, which needs valid credentials but no permission.
    /// See <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
    pub(super) async fn fetch(session: &AwsSession) -> Result<Self, IdentityError> {
        if session.region.is_none() {
            return Err(IdentityError::NoRegion);
        }
        let client = aws_sdk_sts::Client::new(&session.config);
        match client.get_caller_identity().send().await {
            Ok(response) => {
                let (account, arn) = (response.account.unwrap_or_default(), response.arn.unwrap_or_default());
                Ok(Self { account, arn })
            }
            Err(error) => {
                let message = error.as_service_error().and_then(|error| error.meta().message());
                Err(IdentityError::Refused(
                    message.map_or_else(|| AwsMessage::root_of(&error), AwsMessage::new),
                ))
            }
        }
    }
}

impl From<&AwsSessionError> for IdentityError {
    fn from(error: &AwsSessionError) -> Self {
        match error.clone() {
            AwsSessionError::NoCredentials => Self::NoCredentials,
            AwsSessionError::UnsupportedProfile(kind) => Self::UnsupportedProfile(kind),
            AwsSessionError::Broken(message) => Self::Broken(message),
            AwsSessionError::NoConnection(message) => Self::NoConnection(message),
        }
    }
}
