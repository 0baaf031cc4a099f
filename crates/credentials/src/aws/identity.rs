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
    /// The response contains no identity: AWS refused the credentials or failed, or another server responded.
    #[error("AWS does not identify this process: {0}")]
    NotIdentified(AwsMessage),
    #[error("AWS cannot be reached: {0}")]
    Unreachable(AwsMessage),
    /// AWS may not be the cause. The credentials may come from a program or another server that is slow.
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
                if let (Some(account), Some(arn)) = (response.account, response.arn) {
                    return Ok(Self { account, arn });
                }
                let message = AwsMessage::new("the response has no account or no ARN");
                Err(IdentityError::NotIdentified(message))
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
    use system_health_test_support::server::{Answer, Server};

    use super::*;

    async fn fetch(endpoint: &str) -> Result<AwsIdentity, IdentityError> {
        let keys = Credentials::new("AKIDEXAMPLE", "example", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .build();
        AwsIdentity::fetch(&AwsSession::from_config(config).await.unwrap()).await
    }

    #[tokio::test]
    async fn no_connection_is_not_a_refusal() {
        let error = fetch("http://127.0.0.1:1").await.unwrap_err();

        assert!(matches!(error, IdentityError::Unreachable(_)), "{error:?}");
    }

    #[tokio::test]
    async fn a_response_without_an_account_is_no_identity() {
        let server = Server::start(|_| {
            let result =
                "<GetCallerIdentityResult><Arn>arn:aws:iam::1:user/me</Arn></GetCallerIdentityResult>";
            let body = format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>");
            Answer::text(200, "text/xml", &body)
        });

        let error = fetch(&server.url()).await.unwrap_err();

        let expected = "AWS does not identify this process: the response has no account or no ARN";
        assert_eq!(error.to_string(), expected);
    }
}
