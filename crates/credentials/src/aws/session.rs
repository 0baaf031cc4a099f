//! A client for AWS with credentials. The credentials are loaded before the first request, because the error of a
//! failed request does not show whether there are no credentials or whether loading them failed.

use std::{error::Error, iter};

use aws_config::{SdkConfig, imds::client::error::TokenError};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::{
    Client,
    config::{ProvideCredentials, Region, SharedCredentialsProvider},
    error::SdkError,
};

use crate::{AwsMessage, CredentialError, Secret};

/// A client with credentials, and its region.
#[derive(Debug, Clone)]
pub(crate) struct AwsSession {
    pub(super) client: Client,
    pub(super) config: SdkConfig,
    pub(super) region: Option<Region>,
}

/// Why there is no session. The error does not depend on the secret.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum AwsSessionError {
    #[error("there are no AWS credentials")]
    NoCredentials,
    #[error("the AWS profile in use logs in through `{0}`, which this program does not support")]
    UnsupportedProfile(AwsMessage),
    #[error("the AWS credentials could not be loaded: {0}")]
    Broken(AwsMessage),
    /// A proxy, a certificate or a region cannot be used.
    #[error("no connection to AWS can be set up: {0}")]
    NoConnection(AwsMessage),
}

impl AwsSession {
    /// Loads the credentials of a configuration.
    pub(super) async fn from_config(config: SdkConfig) -> Result<Self, AwsSessionError> {
        let provider = config.credentials_provider().ok_or(AwsSessionError::NoCredentials)?;
        let credentials = provider.provide_credentials().await?;
        let region = config.region().cloned();
        let config =
            config.into_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        Ok(Self { client: Client::new(&config), config, region })
    }
}

impl AwsSessionError {
    pub(super) fn for_secret(&self, secret: &'static Secret) -> CredentialError {
        match self.clone() {
            Self::NoCredentials => CredentialError::NoAwsCredentials(secret),
            Self::UnsupportedProfile(method) => CredentialError::UnsupportedProfile(secret, method),
            Self::Broken(message) => CredentialError::AwsCredentialsBroken(secret, message),
            Self::NoConnection(message) => CredentialError::NoConnection(secret, message),
        }
    }
}

impl From<CredentialsError> for AwsSessionError {
    fn from(error: CredentialsError) -> Self {
        if matches!(error, CredentialsError::CredentialsNotLoaded(_)) || is_foreign_metadata(&error) {
            tracing::debug!(error = %AwsMessage::root_of(&error), "no AWS credentials");
            return Self::NoCredentials;
        }
        let message = AwsMessage::root_of(&error);
        // Only this text of the SDK shows that a profile needs an optional feature of the SDK.
        match message.as_str().split_once("cargo feature(s) enabled: ") {
            Some((_, feature)) => {
                let feature = feature.split(['.', ' ']).next().unwrap_or(feature);
                Self::UnsupportedProfile(AwsMessage::new(feature))
            }
            None => Self::Broken(message),
        }
    }
}

/// Whether the metadata service belongs to another cloud, which uses the same address. Such a service refuses the
/// request for a session token. AWS's own service may fail, but it does not refuse the request.
fn is_foreign_metadata(error: &CredentialsError) -> bool {
    iter::successors(error.source(), |&cause| cause.source())
        .filter_map(|cause| cause.downcast_ref::<SdkError<TokenError>>()?.raw_response())
        .any(|response| !response.status().is_server_error())
}
