//! The AWS identity of this process, which the diagnosis of AWS names.

use std::time::Duration;

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
    /// AWS has answered, but without an identity: it refuses the credentials, fails itself, or is not what responds.
    #[error("AWS does not identify this process: {0}")]
    NotIdentified(AwsMessage),
    #[error("AWS cannot be reached: {0}")]
    Unreachable(AwsMessage),
    /// The credentials may come from another server or a program, which may be what is slow.
    #[error("the AWS credentials could not be loaded and identified within {}", humantime::format_duration(*.0))]
    Timeout(Duration),
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
            Err(error) if error.raw_response().is_none() => {
                Err(IdentityError::Unreachable(AwsMessage::root_of(&error)))
            }
            Err(error) => {
                let message = error.as_service_error().and_then(|error| error.meta().message());
                Err(IdentityError::NotIdentified(
                    message.map_or_else(|| AwsMessage::root_of(&error), AwsMessage::new),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

    use super::*;

    #[tokio::test]
    async fn no_connection_is_not_a_refusal() {
        let keys = Credentials::new("AKIDEXAMPLE", "example", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url("http://127.0.0.1:1")
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .build();
        let session = AwsSession::from_config(config).await.unwrap();

        let error = AwsIdentity::fetch(&session).await.unwrap_err();

        assert!(matches!(error, IdentityError::Unreachable(_)), "{error:?}");
    }
}
