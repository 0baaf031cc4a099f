//! Tests of credentials: the environment, AWS's default chain in its own process, the responses of AWS Secrets Manager,
//! and the real moto server.
#![cfg(feature = "aws")]

mod chain;
mod environment;
mod moto;
mod responses;

use std::error::Error;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_secretsmanager::config::{Credentials as AwsCredentials, SharedCredentialsProvider};
use secrecy::ExposeSecret;
use serde::Deserialize;
use system_health_credentials::{
    CredentialError, Credentials, CredentialsBuilder, Secret, SecretName, stored,
};
use system_health_registry::{Settings, SharedError, settings::Origin, settings_table};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct GitHubSettings {
    token_secret: Option<SecretName>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct DatadogSettings {
    api_key_secret: Option<SecretName>,
    app_key_secret: Option<SecretName>,
}

settings_table!(GitHubSettings, "github");
settings_table!(DatadogSettings, "datadog");

const TOKEN: Secret = Secret::new(
    "GitHub token",
    &["GITHUB_DASHBOARD_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"],
    stored!("github/dashboard-token", GitHubSettings, token_secret),
)
.with_usual_variable("GITHUB_TOKEN");
const API_KEY: Secret = Secret::new(
    "Datadog API key",
    &["DD_API_KEY"],
    stored!("datadog/api-key", DatadogSettings, api_key_secret),
);
const APP_KEY: Secret = Secret::new(
    "Datadog application key",
    &["DD_APP_KEY"],
    stored!("datadog/app-key", DatadogSettings, app_key_secret),
)
.optional();

/// An AWS configuration with the endpoint of a test.
fn sdk_config(endpoint: &str, access_key: &str, secret_key: &str) -> SdkConfig {
    let keys = AwsCredentials::new(access_key, secret_key, None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .build()
}

/// Credentials without variables, so that secrets are looked up in AWS.
fn without_environment() -> CredentialsBuilder {
    let no_variables: [(&str, &str); 0] = [];
    Credentials::builder().variables(no_variables)
}

/// Settings that override the token's name in AWS Secrets Manager.
fn with_token_secret(name: &str) -> Settings {
    Settings::builder().set("github", "token_secret", name, Origin::Flag("--name")).build().unwrap()
}

/// Credentials that use AWS at the endpoint of a test.
fn from_aws(endpoint: &str) -> Credentials {
    without_environment().aws_config(sdk_config(endpoint, "AKIDEXAMPLE", "example")).build()
}

/// The exposed secret, or the error.
async fn get(credentials: &Credentials, secret: &'static Secret) -> Result<String, CredentialError> {
    credentials.get(secret).await.map(|value| value.expose_secret().to_owned())
}

/// An error with its causes, as users see it.
fn chain_of(error: impl Error + Send + Sync + 'static) -> String {
    SharedError::new(error).to_string()
}
