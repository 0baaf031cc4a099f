//! The resource: looks each secret up once, on first use, and lets all that ask share the answer.

use std::{collections::HashMap, ffi::OsString, fmt, sync::Arc};

use aws_config::SdkConfig;
use futures::FutureExt;
use secrecy::SecretString;
use system_health_registry::{ApiCalls, Context, FromContext, Unavailable};
use tokio::sync::OnceCell;

use super::{
    AwsIdentity, CredentialError, IdentityError, Place, Secret, SecretsSettings, environment::Environment,
    secrets_manager::SecretsManager,
};

/// The secrets of a run, from the environment or from AWS Secrets Manager.
///
/// Clones share what was found.
///
/// ```
/// use secrecy::ExposeSecret;
/// use system_health_collectors::credentials::{Credentials, Secret};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let credentials = Credentials::from_variables([("GITHUB_TOKEN", "ghp_example")]);
/// let token = credentials.get(Secret::GitHubToken).await?;
/// assert_eq!(token.expose_secret(), "ghp_example");
/// assert!(credentials.get(Secret::DatadogApiKey).await.unwrap_err().is_absent());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Credentials {
    shared: Arc<Shared>,
}

struct Shared {
    environment: Environment,
    settings: SecretsSettings,
    secrets_manager: SecretsManager,
    found: [OnceCell<Result<(SecretString, Place), CredentialError>>; Secret::ALL.len()],
}

/// Says where credentials are looked for.
#[derive(Default)]
pub struct CredentialsBuilder {
    variables: Option<HashMap<String, OsString>>,
    settings: SecretsSettings,
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
    pub async fn get(&self, secret: Secret) -> Result<SecretString, CredentialError> {
        self.found(secret).await.map(|(value, _)| value)
    }

    /// Where the secret is, in the same look-up.
    pub async fn place(&self, secret: Secret) -> Result<Place, CredentialError> {
        self.found(secret).await.map(|(_, place)| place)
    }

    /// Who AWS takes this process for, if AWS is asked for secrets at all.
    pub(crate) async fn aws_identity(&self) -> Result<AwsIdentity, IdentityError> {
        self.shared.secrets_manager.identity().await
    }

    async fn found(&self, secret: Secret) -> Result<(SecretString, Place), CredentialError> {
        // Boxed, because the SDK's futures are types so deep that askers of askers would not compile.
        let look_up = || self.shared.look_up(secret).boxed();
        self.shared.found[secret as usize].get_or_init(look_up).await.clone()
    }
}

impl Shared {
    async fn look_up(&self, secret: Secret) -> Result<(SecretString, Place), CredentialError> {
        let found = self.search(secret).await;
        match &found {
            Ok((_, place)) => tracing::debug!("took {place} as the {secret}"),
            Err(error) => tracing::debug!("{error}"),
        }
        found
    }

    async fn search(&self, secret: Secret) -> Result<(SecretString, Place), CredentialError> {
        if let Some(found) = self.environment.find(secret).await? {
            return Ok(found);
        }
        if !self.settings.aws {
            return Err(CredentialError::AwsTurnedOff(secret));
        }
        let found = self.secrets_manager.fetch(secret, &self.settings.name(secret)).await;
        match self.settings.explicit_name(secret) {
            Some(name) => found.map_err(|error| error.with_explicit_name(name)),
            None => found,
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

    /// The names of the secrets in AWS Secrets Manager, and whether to ask it.
    #[must_use]
    pub fn settings(mut self, settings: SecretsSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Asks AWS with this configuration instead of its default chain.
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
        let secrets_manager =
            SecretsManager::new(self.settings.region.clone(), self.aws_config, self.api_calls);
        let settings = self.settings;
        let found = Default::default();
        Credentials { shared: Arc::new(Shared { environment, settings, secrets_manager, found }) }
    }
}

impl FromContext for Credentials {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::builder().settings(context.get().await?).api_calls(context.get().await?).build())
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
