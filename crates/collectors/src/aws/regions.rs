//! The regions to report.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_codebuild::{
    config::Intercept,
    error::{ProvideErrorMetadata, SdkError},
};
use futures::{StreamExt, future::BoxFuture, stream};
use system_health_credentials::{AwsAccess, CloudWatchClient};
use system_health_registry::{Context, FromContext, Unavailable};

use super::{AwsError, AwsSettings, action_log::ActionLog};

/// Maximum number of regions that are read concurrently.
const CONCURRENT_REGIONS: usize = 4;

/// The regions to report, and access to them. Without AWS credentials, this resource is no data.
#[derive(Debug, Clone)]
pub struct AwsRegions {
    access: AwsAccess,
    names: Vec<String>,
    actions: ActionLog,
}

/// One region, and access to it.
#[derive(Debug, Clone)]
pub(super) struct AwsRegion {
    access: AwsAccess,
    pub(super) name: String,
    actions: ActionLog,
}

impl AwsRegions {
    /// The names of the regions.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The actions that were tried so far.
    pub(crate) fn actions(&self) -> &ActionLog {
        &self.actions
    }

    /// Reads something in each region. The results have the order of the regions.
    pub(super) async fn read<'a, T>(&self, read: impl Fn(AwsRegion) -> BoxFuture<'a, T>) -> Vec<T> {
        let region = |name: &String| {
            let (access, actions) = (self.access.clone(), self.actions.clone());
            AwsRegion { access, name: name.clone(), actions }
        };
        let regions: Vec<AwsRegion> = self.names.iter().map(region).collect();
        stream::iter(regions).map(read).buffered(CONCURRENT_REGIONS).collect().await
    }
}

impl AwsRegion {
    /// The configuration for clients of the region.
    pub(super) fn config(&self) -> SdkConfig {
        self.access.config_in(&self.name)
    }

    /// CloudWatch in the region.
    pub(super) fn cloudwatch(&self) -> CloudWatchClient {
        CloudWatchClient::new(self.access.clone(), &self.name)
    }

    /// Counts the attempts of one request.
    pub(super) fn attempt_counter(&self) -> impl Intercept + use<> {
        self.access.attempt_counter()
    }

    /// Records in the action log whether AWS allowed or denied the action. Converts the error of a failed request.
    pub(super) fn record_response<T, E>(
        &self,
        action: &'static str,
        response: Result<T, SdkError<E>>,
    ) -> Result<T, AwsError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let converted = response.map_err(|error| AwsError::from_request_error(action, &error));
        match &converted {
            Ok(_) => self.actions.record_allowed(action, &self.name),
            Err(error) => {
                if let Some((action, message)) = error.denied_action() {
                    self.actions.record_denied(action, &self.name, message);
                }
            }
        }
        converted
    }
}

impl FromContext for AwsRegions {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings: AwsSettings = context.get().await?;
        let access: AwsAccess = context.get().await?;
        let mut names: Vec<String> = settings.regions.iter().map(ToString::to_string).collect();
        if names.is_empty() {
            let unknown = "the AWS region is not known; set AWS_REGION, or `regions` in [aws]";
            names.push(access.region().ok_or(unknown)?.to_owned());
        }
        names.sort();
        names.dedup();
        Ok(Self { access, names, actions: ActionLog::default() })
    }
}
