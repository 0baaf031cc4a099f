//! The resource: looks each secret up once, on first use, and lets all that ask share the answer.

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

use crate::{CredentialError, Place, Secret, SecretsSettings, aws::SecretsManager, environment::Environment};

/// The secrets of a run, from the environment or from AWS Secrets Manager.
///
/// Clones share what was found.
#[derive(Clone)]
pub struct Credentials {
    shared: Arc<Shared>,
}

struct Shared {
    environment: Environment,
    names: Settings,
    /// `None` if AWS is not to be asked.
    secrets_manager: Option<SecretsManager>,
    /// What was asked for, and what was found.
    found: Mutex<HashMap<&'static Secret, Arc<OnceCell<Found>>>>,
}

type Found = Result<(SecretString, Place), CredentialError>;

/// Says where credentials are looked for.
#[derive(Default)]
pub struct CredentialsBuilder {
    variables: Option<HashMap<String, OsString>>,
    settings: SecretsSettings,
    names: Settings,
    #[cfg(feature = "aws")]
    aws_config: Option<SdkConfig>,
    api_calls: ApiCalls,
}

impl Credentials {
    /// Starts with the process's environment and AWS's default chain.
    #[must_use]
    pub fn builder() -> CredentialsBuilder {
        CredentialsBuilder::default()
    }

    /// Only what these variables hold, without AWS; for tests.
    #[must_use]
    pub fn from_variables<N: Into<String>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let settings = SecretsSettings { aws: false, ..SecretsSettings::default() };
        Self::builder().variables(variables).settings(settings).build()
    }

    /// The secret, without white space around it. It is looked up when it is first asked for; whoever
    /// asks meanwhile or later gets the same answer.
    ///
    /// AWS gets at most ten seconds. If the asker whose look-up it is gives up before, the next one
    /// that waits starts anew.
    ///
    /// [`CredentialError::is_absent`] tells whether nothing is configured that could give the secret.
    pub async fn get(&self, secret: &'static Secret) -> Result<SecretString, CredentialError> {
        self.found(secret).await.map(|(value, _)| value)
    }

    /// Where the secret is, in the same look-up.
    pub async fn place(&self, secret: &'static Secret) -> Result<Place, CredentialError> {
        self.found(secret).await.map(|(_, place)| place)
    }

    /// The secrets that somebody has asked for, in the order of their names.
    #[cfg(feature = "aws")]
    pub(crate) fn asked_for(&self) -> Vec<&'static Secret> {
        let mut secrets: Vec<_> = self.shared.cells().keys().copied().collect();
        secrets.sort_by_key(|secret| secret.name());
        secrets
    }

    /// AWS Secrets Manager, if it is asked at all.
    #[cfg(feature = "aws")]
    pub(crate) fn secrets_manager(&self) -> Option<&SecretsManager> {
        self.shared.secrets_manager.as_ref()
    }

    async fn found(&self, secret: &'static Secret) -> Found {
        let cell = Arc::clone(self.shared.cells().entry(secret).or_default());
        // Boxed, because the SDK's futures are types so deep that askers of askers would not compile.
        let look_up = || self.shared.look_up(secret).boxed();
        cell.get_or_init(look_up).await.clone()
    }
}

impl Shared {
    fn cells(&self) -> MutexGuard<'_, HashMap<&'static Secret, Arc<OnceCell<Found>>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look_up(&self, secret: &'static Secret) -> Found {
        let found = self.search(secret).await;
        match &found {
            Ok((_, place)) => tracing::debug!("took {place} as the {secret}"),
            Err(error) => tracing::debug!("{error}"),
        }
        found
    }

    async fn search(&self, secret: &'static Secret) -> Found {
        if let Some(found) = self.environment.find(secret).await? {
            return Ok(found);
        }
        let Some(secrets_manager) = &self.secrets_manager else {
            return Err(CredentialError::AwsTurnedOff(secret));
        };
        let named = secret.stored().explicit_name(&self.names);
        match named.map_err(|error| CredentialError::Settings(secret, Arc::new(error)))? {
            Some(name) => {
                let found = secrets_manager.fetch(secret, &name).await;
                found.map_err(|error| error.with_explicit_name(&name))
            }
            None => secrets_manager.fetch(secret, &secret.stored().default_name()).await,
        }
    }
}

impl CredentialsBuilder {
    /// Looks into these variables instead of the process's environment.
    #[must_use]
    pub fn variables<N: Into<String>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.variables = Some(variables.collect());
        self
    }

    /// Whether to ask AWS Secrets Manager, and in which region.
    #[must_use]
    pub fn settings(mut self, settings: SecretsSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Takes the names of the secrets in AWS Secrets Manager from these settings.
    #[must_use]
    pub fn names(mut self, settings: Settings) -> Self {
        self.names = settings;
        self
    }

    /// Asks AWS with this configuration instead of its default chain.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn aws_config(mut self, config: SdkConfig) -> Self {
        self.aws_config = Some(config);
        self
    }

    /// Counts the requests to AWS there.
    #[must_use]
    pub fn api_calls(mut self, calls: ApiCalls) -> Self {
        self.api_calls = calls;
        self
    }

    /// The credentials. Nothing is looked up yet.
    #[must_use]
    pub fn build(self) -> Credentials {
        let environment = self.variables.map_or(Environment::Process, Environment::Given);
        let secrets_manager = SecretsManager::new(self.settings.region, self.api_calls);
        #[cfg(feature = "aws")]
        let secrets_manager = secrets_manager.with_config(self.aws_config);
        let secrets_manager = self.settings.aws.then_some(secrets_manager);
        let found = Mutex::default();
        Credentials { shared: Arc::new(Shared { environment, names: self.names, secrets_manager, found }) }
    }
}

impl FromContext for Credentials {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let builder = Self::builder().settings(context.get().await?).names(context.get().await?);
        Ok(builder.api_calls(context.get().await?).build())
    }
}

// Written by hand, because a secret could stand in a given variable.
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
