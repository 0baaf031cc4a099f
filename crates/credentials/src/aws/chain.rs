//! AWS's default credentials chain, with time limits. It tries the environment, the profile, web identity, the container
//! and the instance.
//!
//! The instance metadata service (IMDS) is the last in the chain. Outside of AWS, its address is often unreachable, and
//! the SDK would wait for seconds. Here, only one short attempt is made. If there is no response to the request
//! for the region, no credentials are requested.

use std::{
    env::{self, VarError},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, Region, SdkConfig,
    default_provider::{credentials::DefaultCredentialsChain, use_dual_stack, use_fips},
    imds::{self, client::error::ImdsError},
    meta::region::ProvideRegion,
    profile::ProfileFileRegionProvider,
    provider_config::ProviderConfig,
    retry::RetryConfig,
    timeout::TimeoutConfig,
};

use super::{network, session::AwsSessionError};
use crate::{AwsMessage, AwsRegionName};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const READ_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ATTEMPTS: u32 = 3;

/// The timeouts for the instance metadata service. On an instance it responds in milliseconds.
#[derive(Clone, Copy)]
struct ImdsTimeouts {
    connect: Duration,
    read: Duration,
}

impl ImdsTimeouts {
    const SHORT: Self = Self { connect: Duration::from_millis(250), read: Duration::from_millis(500) };
    /// Each request fails at once.
    const ZERO: Self = Self { connect: Duration::ZERO, read: Duration::ZERO };
}

/// Finds the region and the credentials in the same way as other AWS tools. A given region takes precedence.
pub(super) async fn load(region: Option<Region>) -> Result<SdkConfig, AwsSessionError> {
    let http = network::http_client()?;
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();
    let retries = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS);
    let provider = ProviderConfig::default()
        .with_http_client(http.clone())
        .with_timeout_config(timeouts.clone())
        .with_retry_config(retries.clone());
    let fips = use_fips::use_fips_provider(&provider).await;
    let dual_stack = use_dual_stack::use_dual_stack_provider(&provider).await;
    let provider = provider.with_use_fips(fips).with_use_dual_stack(dual_stack);

    let region = match region {
        Some(region) => Some(region),
        None => configured_region(&provider).await?,
    };
    let (region, imds_timeouts) = match region {
        Some(region) => (Some(region), ImdsTimeouts::SHORT),
        None => instance_region(&imds_client(&provider, ImdsTimeouts::SHORT))
            .await
            .map_or((None, ImdsTimeouts::ZERO), |region| (region, ImdsTimeouts::SHORT)),
    };
    let credentials = DefaultCredentialsChain::builder()
        .region(region.clone())
        .imds_client(imds_client(&provider, imds_timeouts))
        .configure(provider)
        .build()
        .await;
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(region)
        .credentials_provider(credentials)
        .timeout_config(timeouts)
        .retry_config(retries)
        .load()
        .await;
    Ok(config)
}

/// The error if the chain found no credentials although a variable that should provide them is set. Somebody configured
/// credentials, and they do not work, so the run must not continue without them.
pub(super) fn unusable_variable() -> Option<AwsSessionError> {
    const VARIABLES: [&str; 7] = [
        "AWS_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    // People disable the credentials file with `/dev/null`.
    let is_set =
        |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "/dev/null");
    let name = VARIABLES.into_iter().find(is_set)?;
    Some(AwsSessionError::Broken(AwsMessage::new(&format!("{name} is set, but provides no credentials"))))
}

/// The region of the environment or the profile. An empty variable counts as unset, because CI systems set variables
/// without a value to the empty string. The SDK would use the empty string as the region.
async fn configured_region(provider: &ProviderConfig) -> Result<Option<Region>, AwsSessionError> {
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        match env::var(variable) {
            Ok(region) if !region.trim().is_empty() => {
                let region = AwsRegionName::try_from(region.trim().to_owned()).map_err(|_| {
                    let message = format!("{variable} is not the name of an AWS region, such as `eu-west-1`");
                    AwsSessionError::NoConnection(AwsMessage::new(&message))
                })?;
                return Ok(Some(Region::new(String::from(region))));
            }
            Ok(_) | Err(VarError::NotPresent) => {}
            Err(VarError::NotUnicode(_)) => {
                let message = AwsMessage::new(&format!("{variable} is not valid UTF-8"));
                return Err(AwsSessionError::NoConnection(message));
            }
        }
    }
    Ok(ProfileFileRegionProvider::builder().configure(provider).build().region().await)
}

/// The instance metadata service is disabled or did not respond.
struct NoInstanceMetadata;

/// The region of the instance that this program runs on.
async fn instance_region(metadata: &imds::Client) -> Result<Option<Region>, NoInstanceMetadata> {
    let disabled = env::var_os("AWS_EC2_METADATA_DISABLED");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(NoInstanceMetadata);
    }
    match metadata.get("/latest/meta-data/placement/region").await {
        Ok(region) => Ok(Some(Region::new(String::from(region)))),
        Err(ImdsError::FailedToLoadToken(failure)) if failure.is_dispatch_failure() => {
            Err(NoInstanceMetadata)
        }
        Err(_) => Ok(None),
    }
}

fn imds_client(provider: &ProviderConfig, timeouts: ImdsTimeouts) -> imds::Client {
    imds::Client::builder()
        .configure(provider)
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .max_attempts(1)
        .build()
}
