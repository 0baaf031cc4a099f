//! Logging in to AWS: a client with credentials in hand. They are asked for before the first request,
//! and not by it, because "there are none" and "getting them failed" must not be told by the texts of
//! a failed request.

use std::{error::Error, iter};

use aws_config::{SdkConfig, imds::client::error::TokenError};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::{
    Client,
    config::{ProvideCredentials, Region, SharedCredentialsProvider},
    error::SdkError,
};

use crate::{AwsWords, CredentialError, Secret};

/// A client that is logged in, and the region that it asks.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) client: Client,
    pub(super) config: SdkConfig,
    pub(super) region: Option<Region>,
}

/// Why there is no login, for whichever secret it was wanted.
#[derive(Debug, Clone)]
pub(super) enum LoginError {
    NoCredentials,
    UnsupportedProfile(AwsWords),
    Broken(AwsWords),
    /// The environment names a proxy or certificates that cannot be used.
    NoConnection(AwsWords),
}

impl Login {
    /// Logs in with what the configuration offers.
    pub(super) async fn with(config: SdkConfig) -> Result<Self, LoginError> {
        let provider = config.credentials_provider().ok_or(LoginError::NoCredentials)?;
        let credentials = provider.provide_credentials().await?;
        let region = config.region().cloned();
        let config =
            config.into_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        Ok(Self { client: Client::new(&config), config, region })
    }
}

impl LoginError {
    pub(super) fn about(&self, secret: &'static Secret) -> CredentialError {
        match self.clone() {
            Self::NoCredentials => CredentialError::NoAwsCredentials(secret),
            Self::UnsupportedProfile(kind) => CredentialError::UnsupportedProfile(secret, kind),
            Self::Broken(words) => CredentialError::AwsCredentialsBroken(secret, words),
            Self::NoConnection(words) => CredentialError::NoConnection(secret, words),
        }
    }
}

impl From<CredentialsError> for LoginError {
    fn from(error: CredentialsError) -> Self {
        if matches!(error, CredentialsError::CredentialsNotLoaded(_)) || is_foreign_metadata(&error) {
            tracing::debug!(error = %AwsWords::root_of(&error), "no AWS credentials");
            return Self::NoCredentials;
        }
        let words = AwsWords::root_of(&error);
        // The SDK tells a profile that needs an optional part of it by this text alone.
        match words.as_str().split_once("cargo feature(s) enabled: ") {
            Some((_, feature)) => {
                let feature = feature.split(['.', ' ']).next().unwrap_or(feature);
                Self::UnsupportedProfile(AwsWords::new(feature))
            }
            None => Self::Broken(words),
        }
    }
}

/// Other clouds have a metadata service of their own at the same address. It refuses to give the
/// token with which every conversation on AWS begins. AWS's own may fail at that, but not refuse.
fn is_foreign_metadata(error: &CredentialsError) -> bool {
    iter::successors(error.source(), |&cause| cause.source())
        .filter_map(|cause| cause.downcast_ref::<SdkError<TokenError>>()?.raw_response())
        .any(|answer| !answer.status().is_server_error())
}
