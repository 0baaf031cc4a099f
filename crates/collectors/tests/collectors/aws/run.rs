//! Contexts of runs with AWS credentials, and readings as lines.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_codebuild::config::{Credentials as AwsCredentials, SharedCredentialsProvider};
use system_health_credentials::Credentials;
use system_health_registry::{ApiCalls, Context, Reading, Settings, Unavailable, Window};

const KEY: (&str, &str) = ("AKIDEXAMPLE", "example");

pub(crate) const REGION: &str = "us-east-1";

/// When the runs of the tests start.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(24 * 20_000)
}

pub(crate) fn before(duration: Duration) -> SystemTime {
    now() - duration
}

/// The default window.
pub(crate) fn window() -> Window {
    Window::ending_at(now(), Duration::from_hours(24 * 7))
}

/// A configuration with these credentials, at the endpoint of a test, without retries.
fn config(url: &str, (id, secret): (&str, &str)) -> SdkConfig {
    let keys = AwsCredentials::new(id, secret, None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .retry_config(RetryConfig::disabled())
        .build()
}

/// The context of a run with this configuration. The lines are in the table `[aws]`.
fn context_from(config: SdkConfig, at: SystemTime, lines: &str) -> Context {
    let toml = format!("[aws]\n{lines}\n");
    let settings = Settings::builder().toml(Path::new("test.toml"), &toml).unwrap().build().unwrap();
    let no_variables: [(&str, &str); 0] = [];
    let calls = ApiCalls::default();
    let credentials = Credentials::builder().variables(no_variables).aws_config(config).build();
    Context::starting_at(at).provide(settings).provide(credentials).provide(calls)
}

/// The context of a run with these credentials.
pub(crate) fn context_with_credentials(url: &str, key: (&str, &str), at: SystemTime) -> Context {
    context_from(config(url, key), at, "")
}

/// The context of a run at the usual time. The lines are in the table `[aws]`.
pub(crate) fn context_with(url: &str, lines: &str) -> Context {
    context_from(config(url, KEY), now(), lines)
}

/// The context of a run that repeats failed requests at once.
pub(crate) fn context_with_retries(url: &str) -> Context {
    let at_once = RetryConfig::standard().with_initial_backoff(Duration::ZERO);
    context_from(config(url, KEY).into_builder().retry_config(at_once).build(), now(), "")
}

/// A reading in lines: `2 [project:shop, region:us-east-1]`, `failed: …`, `no data: …` or `error: …`.
pub(crate) fn lines(reading: Result<Reading, Unavailable>) -> Vec<String> {
    match reading {
        Ok(reading) => {
            let samples = reading.samples().iter().map(|sample| {
                let tags: Vec<_> = sample.tags().iter().map(ToString::to_string).collect();
                format!("{} [{}]", sample.value(), tags.join(", "))
            });
            let failures = reading.failed_items().iter().map(|failure| format!("failed: {failure}"));
            samples.chain(failures).collect()
        }
        Err(Unavailable::NoData(reason)) => vec![format!("no data: {reason}")],
        Err(Unavailable::Error(error)) => vec![format!("error: {error}")],
    }
}
