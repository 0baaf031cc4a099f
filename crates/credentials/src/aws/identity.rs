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
    #[error(transparent)]
    NoSession(#[from] AwsSessionError),
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
