//! Access to AWS's services, with the same credentials, region, proxies and certificates as for AWS Secrets Manager.

use aws_config::{Region, SdkConfig};
use aws_sdk_secretsmanager::config::Intercept;
use system_health_registry::{ApiCalls, Context, FromContext, Unavailable};

use super::{attempt_counter::AttemptCounter, session::AwsSessionError};
use crate::Credentials;

/// The name of the API in [`ApiCalls`].
const API: &str = "aws";

/// Access to AWS's services. Without AWS credentials, the resource is unavailable: no data.
///
/// `aws = false` in `[secrets]` only turns off AWS Secrets Manager.
#[derive(Debug, Clone)]
pub struct AwsAccess {
    config: SdkConfig,
    calls: ApiCalls,
}

impl AwsAccess {
    /// The region from `[secrets]`, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile or the instance.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(AsRef::as_ref)
    }

    /// The configuration for clients in a region.
    #[must_use]
    pub fn config_in(&self, region: &str) -> SdkConfig {
        self.config.to_builder().region(Region::new(region.to_owned())).build()
    }

    /// An interceptor that counts the attempts of one request. Each request needs its own interceptor.
    #[must_use]
    pub fn attempt_counter(&self) -> impl Intercept + use<> {
        AttemptCounter::new(API, self.calls.clone())
    }
}

impl FromContext for AwsAccess {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let credentials: Credentials = context.get().await?;
        let calls = context.get().await?;
        match credentials.aws_session().await {
            Ok(session) => Ok(Self { config: session.config, calls }),
            Err(none @ AwsSessionError::NoCredentials) => Err(Unavailable::no_data(none.to_string())),
            Err(error) => Err(error.into()),
        }
    }
}
