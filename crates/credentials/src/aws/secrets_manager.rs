//! AWS Secrets Manager. Nothing happens before the first secret is asked for: no file of AWS's is
//! read, no client built. All secrets share one login.

use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_secretsmanager::config;
use secrecy::SecretString;
use system_health_registry::ApiCalls;
use tokio::{sync::OnceCell, time::timeout};

use super::{
    attempts::Attempts,
    chain,
    field::field,
    identity::{AwsIdentity, IdentityError},
    login::{Login, LoginError},
    refusal::explain,
};
use crate::{AwsWords, CredentialError, Flaw, Place, Secret, SecretName, StoredSecret, plain::plain};

/// How long a secret may take, login and repeated requests included.
const LIMIT: Duration = Duration::from_secs(10);

/// AWS Secrets Manager, as far as it was needed.
pub(crate) struct SecretsManager {
    region: Option<Region>,
    config: Option<SdkConfig>,
    calls: ApiCalls,
    login: OnceCell<Result<Login, LoginError>>,
}

impl SecretsManager {
    /// Logs in through AWS's default chain.
    pub(crate) fn new(region: Option<String>, calls: ApiCalls) -> Self {
        Self { region: region.map(Region::new), config: None, calls, login: OnceCell::new() }
    }

    /// Uses a configuration instead of AWS's default chain, if there is one.
    pub(crate) fn with_config(mut self, config: Option<SdkConfig>) -> Self {
        self.config = config;
        self
    }

    /// The secret and where it was.
    pub(crate) async fn fetch(
        &self,
        secret: &'static Secret,
        name: &SecretName,
    ) -> Result<(SecretString, Place), CredentialError> {
        timeout(LIMIT, self.look_up(secret, name)).await.unwrap_or_else(|_| {
            let words = format!("no answer within {}", humantime::format_duration(LIMIT));
            Err(CredentialError::Unreachable(secret, AwsWords::new(&words)))
        })
    }

    async fn look_up(
        &self,
        secret: &'static Secret,
        name: &SecretName,
    ) -> Result<(SecretString, Place), CredentialError> {
        let login = self.login.get_or_init(|| self.log_in()).await;
        let login = login.as_ref().map_err(|error| error.about(secret))?;
        let own_region = name.region().map(|region| Region::new(region.to_owned()));
        let region =
            own_region.as_ref().or(login.region.as_ref()).ok_or(CredentialError::NoRegion(secret))?;
        let stored = StoredSecret { name: name.clone(), region: region.to_string() };

        let mut of_request = config::Builder::new().interceptor(Attempts::new(self.calls.clone()));
        if let Some(region) = own_region {
            of_request = of_request.region(region);
        }
        let request = login.client.get_secret_value().secret_id(name.id()).customize();
        let answer = match request.config_override(of_request).send().await {
            Ok(answer) => answer,
            Err(error) => return Err(explain(secret, stored, &error)),
        };
        let value = match (answer.secret_string, answer.secret_binary) {
            (Some(text), _) => text.into_bytes(),
            (None, Some(bytes)) => bytes.into_inner(),
            (None, None) => Vec::new(),
        };
        let value = match name.field() {
            Some(name) => field(&value, name),
            None => plain(&value),
        };
        match value {
            Ok(value) => Ok((value, Place::Aws(stored))),
            Err(Flaw::JsonObject) if name.field().is_none() => {
                Err(CredentialError::WholeObject(secret, stored))
            }
            Err(flaw) => Err(CredentialError::Unusable(secret, Place::Aws(stored), flaw)),
        }
    }

    /// Who AWS takes this process for.
    pub(super) async fn identity(&self) -> Result<AwsIdentity, IdentityError> {
        timeout(LIMIT, async {
            let login = self.login.get_or_init(|| self.log_in()).await;
            AwsIdentity::of(login.as_ref().map_err(IdentityError::from)?).await
        })
        .await
        .unwrap_or(Err(IdentityError::Silent))
    }

    async fn log_in(&self) -> Result<Login, LoginError> {
        match &self.config {
            Some(config) => Login::with(config.clone()).await,
            None => match Login::with(chain::load(self.region.clone()).await?).await {
                Err(LoginError::NoCredentials) => {
                    Err(chain::unmet_promise().unwrap_or(LoginError::NoCredentials))
                }
                login => login,
            },
        }
    }
}
