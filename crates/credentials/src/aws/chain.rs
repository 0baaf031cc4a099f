//! AWS's default chain with limits: environment, profile, web identity, container, instance.
//!
//! The instance metadata service is the last to be asked, and outside of AWS its address often leads
//! nowhere. The SDK would wait seconds for it; here it gets one short attempt, and when that fails for
//! the region it is not waited for again for the credentials.

use std::{env, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig,
    default_provider::{credentials::DefaultCredentialsChain, use_dual_stack, use_fips},
    environment::EnvironmentVariableRegionProvider,
    imds::{self, client::error::ImdsError},
    meta::region::ProvideRegion,
    profile::ProfileFileRegionProvider,
    provider_config::ProviderConfig,
    retry::RetryConfig,
    timeout::TimeoutConfig,
};

use super::{login::LoginError, network};
use crate::AwsWords;

const CONNECT_LIMIT: Duration = Duration::from_secs(3);
const READ_LIMIT: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 3;

/// How long the instance metadata service is waited for. On an instance it answers in milliseconds.
#[derive(Clone, Copy)]
struct Patience {
    connect: Duration,
    read: Duration,
}

impl Patience {
    const SHORT: Self = Self { connect: Duration::from_millis(250), read: Duration::from_millis(500) };
    const NONE: Self = Self { connect: Duration::ZERO, read: Duration::ZERO };
}

/// Finds region and credentials as every AWS tool does, in the given region if there is one.
pub(super) async fn load(region: Option<Region>) -> Result<SdkConfig, LoginError> {
    let http = network::http_client()?;
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_LIMIT).read_timeout(READ_LIMIT).build();
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let provider = ProviderConfig::default()
        .with_http_client(http.clone())
        .with_timeout_config(timeouts.clone())
        .with_retry_config(retries.clone());
    let fips = use_fips::use_fips_provider(&provider).await;
    let dual_stack = use_dual_stack::use_dual_stack_provider(&provider).await;
    let provider = provider.with_use_fips(fips).with_use_dual_stack(dual_stack);

    let region = match region {
        Some(region) => Some(region),
        None => configured_region(&provider).await,
    };
    let (region, patience) = match region {
        Some(region) => (Some(region), Patience::SHORT),
        None => instance_region(&metadata(&provider, Patience::SHORT))
            .await
            .map_or((None, Patience::NONE), |region| (region, Patience::SHORT)),
    };
    let credentials = DefaultCredentialsChain::builder()
        .region(region.clone())
        .imds_client(metadata(&provider, patience))
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

/// The error if a variable that should give credentials is set, but the chain found none. Whoever sets
/// such a variable wants it to work, so the run must not go on without credentials.
pub(super) fn unmet_promise() -> Option<LoginError> {
    const PROMISES: [&str; 7] = [
        "AWS_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    // `/dev/null` is how people turn the file off.
    let is_set =
        |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "/dev/null");
    let name = PROMISES.into_iter().find(is_set)?;
    Some(LoginError::Broken(AwsWords::new(&format!("{name} is set, but gives no credentials"))))
}

/// The region that the environment or the profile names. CI systems set variables that they have no
/// value for to nothing, which the SDK would take for a name.
async fn configured_region(provider: &ProviderConfig) -> Option<Region> {
    let is_named = |region: &Region| !region.as_ref().trim().is_empty();
    let variable = EnvironmentVariableRegionProvider::new().region().await.filter(is_named);
    match variable {
        Some(region) => Some(region),
        None => ProfileFileRegionProvider::builder().configure(provider).build().region().await,
    }
}

/// The metadata service did not answer.
struct Silent;

/// The region of the instance that this runs on.
async fn instance_region(metadata: &imds::Client) -> Result<Option<Region>, Silent> {
    let disabled = env::var_os("AWS_EC2_METADATA_DISABLED");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(Silent);
    }
    match metadata.get("/latest/meta-data/placement/region").await {
        Ok(region) => Ok(Some(Region::new(String::from(region)))),
        Err(ImdsError::FailedToLoadToken(failure)) if failure.is_dispatch_failure() => Err(Silent),
        Err(_) => Ok(None),
    }
}

fn metadata(provider: &ProviderConfig, patience: Patience) -> imds::Client {
    imds::Client::builder()
        .configure(provider)
        .connect_timeout(patience.connect)
        .read_timeout(patience.read)
        .max_attempts(1)
        .build()
}
