//! AWS Secrets Manager. All requests to AWS share one session. It is created on first use. Before that, no AWS
//! configuration is read.

use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_secretsmanager::config;
use secrecy::SecretString;
use system_health_registry::ApiCalls;
use tokio::{sync::OnceCell, time::timeout};

use super::{
    attempt_counter::AttemptCounter,
    chain,
    field::parse_field,
    identity::{AwsIdentity, IdentityError},
    response_error::classify_error,
    session::{AwsSession, AwsSessionError},
};
use crate::{
    AwsMessage, CredentialError, InvalidSecret, Secret, SecretLocation, SecretName, StoredSecret,
    value::parse_secret,
};

/// The name of the API in [`ApiCalls`].
const API: &str = "aws_secrets_manager";

/// The timeout of each call, including the creation of the session and all retries.
const TIMEOUT: Duration = Duration::from_secs(10);

fn no_response() -> AwsMessage {
    AwsMessage::new(&format!("no response within {}", humantime::format_duration(TIMEOUT)))
}

/// AWS Secrets Manager, with a session that is created on first use.
pub(crate) struct SecretsManager {
    region: Option<Region>,
    config: Option<SdkConfig>,
    calls: ApiCalls,
    session: OnceCell<Result<AwsSession, AwsSessionError>>,
}

impl SecretsManager {
    /// Uses AWS's default credentials chain.
    pub(crate) fn new(region: Option<String>, calls: ApiCalls) -> Self {
        Self { region: region.map(Region::new), config: None, calls, session: OnceCell::new() }
    }

    /// Uses this configuration, if there is one, instead of AWS's default chain.
    pub(crate) fn with_config(mut self, config: Option<SdkConfig>) -> Self {
        self.config = config;
        self
    }

    /// The secret and its location.
    pub(crate) async fn fetch(
        &self,
        secret: &'static Secret,
        name: &SecretName,
    ) -> Result<(SecretString, SecretLocation), CredentialError> {
        timeout(TIMEOUT, self.look_up(secret, name)).await.unwrap_or_else(|_| Err(self.timeout_error(secret)))
    }

    /// Without a session, AWS Secrets Manager was not asked. The program or server that provides the credentials may be slow.
    fn timeout_error(&self, secret: &'static Secret) -> CredentialError {
        if self.session.initialized() {
            CredentialError::Unreachable(secret, no_response())
        } else {
            CredentialError::AwsCredentialsBroken(secret, no_response())
        }
    }

    async fn look_up(
        &self,
        secret: &'static Secret,
        name: &SecretName,
    ) -> Result<(SecretString, SecretLocation), CredentialError> {
        let session = self.session.get_or_init(|| self.new_session()).await;
        let session = session.as_ref().map_err(|error| error.for_secret(secret))?;
        let arn_region = name.region().map(|region| Region::new(region.to_owned()));
        let region =
            arn_region.as_ref().or(session.region.as_ref()).ok_or(CredentialError::NoRegion(secret))?;
        let stored = StoredSecret { name: name.clone(), region: region.to_string() };

        let mut request_config =
            config::Builder::new().interceptor(AttemptCounter::new(API, self.calls.clone()));
        if let Some(region) = arn_region {
            request_config = request_config.region(region);
        }
        let request = session.client.get_secret_value().secret_id(name.id()).customize();
        let response = match request.config_override(request_config).send().await {
            Ok(response) => response,
            Err(error) => return Err(classify_error(secret, stored, &error)),
        };
        let value = match (response.secret_string, response.secret_binary) {
            (Some(text), _) => text.into_bytes(),
            (None, Some(bytes)) => bytes.into_inner(),
            (None, None) => Vec::new(),
        };
        let value = match name.field() {
            Some(field) => parse_field(&value, field, secret.allows_lines()),
            None => parse_secret(&value, secret.allows_lines()),
        };
        match value {
            Ok(value) => Ok((value, SecretLocation::Aws(stored))),
            Err(InvalidSecret::JsonObject) if name.field().is_none() => {
                Err(CredentialError::WholeObject(secret, stored))
            }
            Err(invalid) => Err(CredentialError::Unusable(secret, SecretLocation::Aws(stored), invalid)),
        }
    }

    /// The identity of this process.
    pub(super) async fn identity(&self) -> Result<AwsIdentity, IdentityError> {
        timeout(TIMEOUT, async {
            let session = self.session.get_or_init(|| self.new_session()).await;
            AwsIdentity::fetch(session.as_ref().map_err(Clone::clone)?).await
        })
        .await
        .unwrap_or(Err(IdentityError::Timeout(TIMEOUT)))
    }

    /// The session, for requests to other services of AWS.
    pub(crate) async fn session(&self) -> Result<AwsSession, AwsSessionError> {
        let session = timeout(TIMEOUT, self.session.get_or_init(|| self.new_session())).await;
        session.map_or_else(|_| Err(AwsSessionError::Broken(no_response())), Clone::clone)
    }

    async fn new_session(&self) -> Result<AwsSession, AwsSessionError> {
        match &self.config {
            Some(config) => AwsSession::from_config(config.clone()).await,
            None => match AwsSession::from_config(chain::load(self.region.clone()).await?).await {
                Err(AwsSessionError::NoCredentials) => {
                    Err(chain::unusable_variable().unwrap_or(AwsSessionError::NoCredentials))
                }
                session => session,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use aws_config::BehaviorVersion;
    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

    use super::*;
    use crate::StoredName;

    /// Never provides credentials, like a program or a server that hangs.
    #[derive(Debug)]
    struct Waiting;

    impl ProvideCredentials for Waiting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(pending())
        }
    }

    fn waiting_for_credentials() -> SecretsManager {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(Waiting))
            .build();
        SecretsManager::new(None, ApiCalls::default()).with_config(Some(config))
    }

    #[tokio::test(start_paused = true)]
    async fn aws_is_not_blamed_if_it_was_not_asked_for_the_identity() {
        let error = waiting_for_credentials().identity().await.unwrap_err();

        assert_eq!(error.to_string(), "the AWS credentials could not be loaded and identified within 10s");
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_is_not_blamed_if_loading_the_credentials_times_out() {
        const TOKEN: Secret =
            Secret::new("pager token", &["PAGER_TOKEN"], StoredName::new("pager", "", "", |_| Ok(None)));
        let secrets_manager = waiting_for_credentials();

        let no_session = secrets_manager.session().await.unwrap_err();
        let no_secret = secrets_manager.fetch(&TOKEN, &TOKEN.stored().default_name()).await.unwrap_err();

        assert_eq!(no_session.to_string(), "the AWS credentials could not be loaded: no response within 10s");
        assert!(matches!(no_secret, CredentialError::AwsCredentialsBroken(..)), "{no_secret:?}");
    }
}
