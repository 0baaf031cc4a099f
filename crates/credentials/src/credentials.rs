//! The resource that looks up each secret once, on first use, and shares the result.

use std::{
    collections::HashMap,
    ffi::OsString,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

#[cfg(feature = "aws")]
use aws_config::SdkConfig;
use futures::FutureExt;
use secrecy::SecretString;
use system_health_registry::{ApiCalls, Context, FromContext, Settings, Unavailable};
use tokio::sync::OnceCell;

#[cfg(feature = "aws")]
use crate::aws::{AwsSession, AwsSessionError};
use crate::{
    CredentialError, Secret, SecretLocation, SecretsSettings, aws::SecretsManager, environment::Environment,
};

/// The secrets of a run, from the environment or from AWS Secrets Manager.
///
/// Clones share the results.
#[derive(Clone)]
pub struct Credentials {
    inner: Arc<Inner>,
}

struct Inner {
    environment: Environment,
    name_settings: Settings,
    secrets_manager: SecretsManager,
    /// Whether secrets are looked up in AWS Secrets Manager.
    uses_secrets_manager: bool,
    /// The results of the secrets that were requested.
    results: Mutex<HashMap<&'static Secret, Arc<OnceCell<LookupResult>>>>,
}

type LookupResult = Result<(SecretString, SecretLocation), CredentialError>;

/// Configures where secrets are looked up.
#[derive(Default)]
pub struct CredentialsBuilder {
    variables: Option<HashMap<String, OsString>>,
    settings: SecretsSettings,
    name_settings: Settings,
    #[cfg(feature = "aws")]
    aws_config: Option<SdkConfig>,
    api_calls: ApiCalls,
}

impl Credentials {
    /// A builder. By default, secrets come from the process's environment and from AWS Secrets Manager, with AWS's default
    /// credentials chain.
    #[must_use]
    pub fn builder() -> CredentialsBuilder {
        CredentialsBuilder::default()
    }

    /// Credentials from these variables only, without AWS, for tests.
    #[must_use]
    pub fn from_variables<N: Into<String>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let settings = SecretsSettings { aws: false, ..SecretsSettings::default() };
        Self::builder().variables(variables).settings(settings).build()
    }

    /// The secret, without white space around it. The first call looks it up, and all other calls share the result.
    ///
    /// The timeout for AWS is ten seconds. If the call that looks up the secret is cancelled, the next waiting call
    /// starts the lookup again.
    ///
    /// [`CredentialError::is_absent`] returns whether the secret is simply not configured.
    pub async fn get(&self, secret: &'static Secret) -> Result<SecretString, CredentialError> {
        self.look_up(secret).await.map(|(value, _)| value)
    }

    /// The location of the secret. The lookup is shared with [`get`](Self::get).
    pub async fn location(&self, secret: &'static Secret) -> Result<SecretLocation, CredentialError> {
        self.look_up(secret).await.map(|(_, location)| location)
    }

    /// The secrets that were requested, ordered by name.
    #[cfg(feature = "aws")]
    pub(crate) fn requested(&self) -> Vec<&'static Secret> {
        let mut secrets: Vec<_> = self.inner.cells().keys().copied().collect();
        secrets.sort_by_key(|secret| secret.name());
        secrets
    }

    /// AWS Secrets Manager, unless the settings turn it off.
    #[cfg(feature = "aws")]
    pub(crate) fn secrets_manager(&self) -> Option<&SecretsManager> {
        self.inner.uses_secrets_manager.then_some(&self.inner.secrets_manager)
    }

    /// The session for all requests to AWS, whether or not secrets are looked up there.
    #[cfg(feature = "aws")]
    pub(crate) async fn aws_session(&self) -> Result<AwsSession, AwsSessionError> {
        self.inner.secrets_manager.session().boxed().await
    }

    async fn look_up(&self, secret: &'static Secret) -> LookupResult {
        let cell = Arc::clone(self.inner.cells().entry(secret).or_default());
        // Boxed, because the types of the SDK's futures are nested so deeply that the callers would not compile.
        let look_up = || self.inner.look_up(secret).boxed();
        cell.get_or_init(look_up).await.clone()
    }
}

impl Inner {
    fn cells(&self) -> MutexGuard<'_, HashMap<&'static Secret, Arc<OnceCell<LookupResult>>>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look_up(&self, secret: &'static Secret) -> LookupResult {
        let result = self.search(secret).await;
        match &result {
            Ok((_, location)) => tracing::debug!("{secret}: using {location}"),
            Err(error) => tracing::debug!("{error}"),
        }
        result
    }

    async fn search(&self, secret: &'static Secret) -> LookupResult {
        if let Some(found) = self.environment.find(secret).await? {
            return Ok(found);
        }
        let secrets_manager = &self.secrets_manager;
        let named = secret.stored().explicit_name(&self.name_settings);
        match named.map_err(|error| CredentialError::Settings(secret, Arc::new(error)))? {
            Some(name) if !self.uses_secrets_manager => {
                Err(CredentialError::AwsTurnedOffForName(secret, name))
            }
            None if !self.uses_secrets_manager => Err(CredentialError::AwsTurnedOff(secret)),
            Some(name) => {
                let result = secrets_manager.fetch(secret, &name).await;
                result.map_err(|error| error.with_explicit_name(&name))
            }
            None => secrets_manager.fetch(secret, &secret.stored().default_name()).await,
        }
    }
}

impl CredentialsBuilder {
    /// Uses these variables instead of the process's environment.
    #[must_use]
    pub fn variables<N: Into<String>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.variables = Some(variables.collect());
        self
    }

    /// Whether AWS Secrets Manager is used, and in which region.
    #[must_use]
    pub fn settings(mut self, settings: SecretsSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Takes the names of the secrets in AWS Secrets Manager from these settings.
    #[must_use]
    pub fn secret_names_from(mut self, settings: Settings) -> Self {
        self.name_settings = settings;
        self
    }

    /// Uses this configuration for AWS instead of AWS's default chain.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn aws_config(mut self, config: SdkConfig) -> Self {
        self.aws_config = Some(config);
        self
    }

    /// Counts the requests to AWS in these counters.
    #[must_use]
    pub fn api_calls(mut self, calls: ApiCalls) -> Self {
        self.api_calls = calls;
        self
    }

    /// The credentials. Nothing is looked up yet.
    #[must_use]
    pub fn build(self) -> Credentials {
        let environment = self.variables.map_or(Environment::Process, Environment::Variables);
        let secrets_manager = SecretsManager::new(self.settings.region.map(String::from), self.api_calls);
        #[cfg(feature = "aws")]
        let secrets_manager = secrets_manager.with_config(self.aws_config);
        let (name_settings, results) = (self.name_settings, Mutex::default());
        let uses_secrets_manager = self.settings.aws;
        let inner = Inner { environment, name_settings, secrets_manager, uses_secrets_manager, results };
        Credentials { inner: Arc::new(inner) }
    }
}

impl FromContext for Credentials {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let builder = Self::builder().settings(context.get().await?).secret_names_from(context.get().await?);
        Ok(builder.api_calls(context.get().await?).build())
    }
}

// `Debug` is not derived, because a variable may contain a secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl fmt::Debug for CredentialsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsBuilder").finish_non_exhaustive()
    }
}
