//! Who AWS takes this process for, for `report doctor`.

use super::login::{Login, LoginError};
use crate::AwsWords;

/// The account and the user or role that AWS knows the process by.
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
    #[error("the AWS profile in use logs in through `{0}`, which this program cannot do")]
    UnsupportedProfile(AwsWords),
    #[error("the AWS credentials could not be loaded: {0}")]
    Broken(AwsWords),
    #[error("no connection to AWS can be set up: {0}")]
    NoConnection(AwsWords),
    #[error("no AWS region is known")]
    NoRegion,
    #[error("AWS does not tell who this process is: {0}")]
    Refused(AwsWords),
    #[error("no answer from AWS within 10s")]
    Silent,
}

impl AwsIdentity {
    /// Asks the Security Token Service, which answers whoever has valid credentials.
    /// See <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
    pub(super) async fn of(login: &Login) -> Result<Self, IdentityError> {
        if login.region.is_none() {
            return Err(IdentityError::NoRegion);
        }
        let client = aws_sdk_sts::Client::new(&login.config);
        match client.get_caller_identity().send().await {
            Ok(answer) => {
                Ok(Self { account: answer.account.unwrap_or_default(), arn: answer.arn.unwrap_or_default() })
            }
            Err(error) => {
                let words = error.as_service_error().and_then(|error| error.meta().message());
                Err(IdentityError::Refused(words.map_or_else(|| AwsWords::root_of(&error), AwsWords::new)))
            }
        }
    }
}

impl From<&LoginError> for IdentityError {
    fn from(error: &LoginError) -> Self {
        match error.clone() {
            LoginError::NoCredentials => Self::NoCredentials,
            LoginError::UnsupportedProfile(kind) => Self::UnsupportedProfile(kind),
            LoginError::Broken(words) => Self::Broken(words),
            LoginError::NoConnection(words) => Self::NoConnection(words),
        }
    }
}
