//! Asks GitHub for a token of an installation.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures::{FutureExt, future::BoxFuture};
use secrecy::SecretString;
use serde::Deserialize;
use system_health_credentials::Credentials;
use system_health_registry::{ApiCalls, Context, ResponseCache, Unavailable};
use tokio::time::Instant;

use super::{
    APP_KEY, AppError,
    key::AppKey,
    tokens::{InstallationToken, KnownToken, MIN_LIFETIME_FOR_REQUEST, MIN_LIFETIME_FOR_RUN},
};
use crate::github::{
    GitHub, GitHubError, GitHubSettings,
    budget::Usage,
    client::{Identity, Owner, Renewal, Transport},
};

/// An app, and where it is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::github) struct App {
    id: u64,
    installation: Installation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Installation {
    Id(u64),
    Owner(String),
}

/// See <https://docs.github.com/en/rest/apps/apps#get-an-organization-installation-for-the-authenticated-app>.
#[derive(Deserialize)]
struct InstallationResponse {
    id: u64,
}

/// See <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>.
#[derive(Deserialize)]
struct TokenResponse {
    token: String,
    expires_at: String,
    /// The name of each permission, such as `pull_requests`, with its level: `read`, `write` or `admin`.
    #[serde(default)]
    permissions: BTreeMap<String, String>,
}

impl App {
    /// The app that the settings name.
    pub(in crate::github) fn from_settings(settings: &GitHubSettings) -> Result<Option<Self>, AppError> {
        let owner = settings.installation_owner.as_ref().filter(|owner| !owner.trim().is_empty());
        let installation = match (settings.installation_id, owner) {
            (Some(id), _) => Some(Installation::Id(id)),
            (None, Some(owner)) => Some(Installation::Owner(owner.clone())),
            (None, None) => None,
        };
        match (settings.app_id, installation) {
            (Some(id), Some(installation)) => Ok(Some(Self { id, installation })),
            (Some(_), None) => Err(AppError::NoInstallation),
            (None, Some(Installation::Id(_))) => Err(AppError::NoApp("installation_id")),
            (None, Some(Installation::Owner(_))) => Err(AppError::NoApp("installation_owner")),
            (None, None) => Ok(None),
        }
    }

    /// The owner of the responses that the installation gets.
    pub(in crate::github) fn owner(&self, token: &SecretString) -> Owner {
        Owner::from_installation(&format!("app {} {}", self.id, self.describe_installation()), token)
    }

    /// The number of the installation, or where it is.
    fn describe_installation(&self) -> String {
        match &self.installation {
            Installation::Id(id) => id.to_string(),
            Installation::Owner(owner) => format!("at `{owner}`"),
        }
    }

    async fn new_token(&self, github: &GitHub) -> Result<InstallationToken, AppError> {
        let failed = |error| AppError::new(self.id, &self.describe_installation(), error);
        let id = match &self.installation {
            Installation::Id(id) => *id,
            Installation::Owner(owner) => find_installation(github, owner).await.map_err(failed)?,
        };
        let path = ["app", "installations", &id.to_string(), "access_tokens"];
        let TokenResponse { token, expires_at, permissions } = github.create(&path).await.map_err(failed)?;
        let expires = humantime::parse_rfc3339(&expires_at).ok();
        Ok(InstallationToken {
            app: self.clone(),
            token: token.into(),
            expires,
            permissions: permissions.into(),
        })
    }
}

/// The installation of an organization or a user.
async fn find_installation(github: &GitHub, owner: &str) -> Result<u64, GitHubError> {
    let found = github.get::<InstallationResponse>(&["orgs", owner, "installation"], &[]).await;
    let found = match found {
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 404) => {
            github.get(&["users", owner, "installation"], &[]).await
        }
        found => found,
    };
    Ok(found?.id)
}

/// The permissions that the installation had when it got its token. `None` if the settings name no app.
pub(crate) async fn installation_permissions(
    context: &Context,
) -> Result<Option<Arc<BTreeMap<String, String>>>, Unavailable> {
    let Some(app) = App::from_settings(&context.get::<GitHubSettings>().await?)? else { return Ok(None) };
    InstallationTokens::new(context, app).await?.token_for_run().await?;
    Ok(context.get::<KnownToken>().await?.permissions().await)
}

/// The tokens of an installation during a run.
#[derive(Clone)]
pub(in crate::github) struct InstallationTokens {
    app: App,
    key: AppKey,
    settings: GitHubSettings,
    transport: Transport,
    known: KnownToken,
    calls: ApiCalls,
    deadline: Option<Instant>,
}

impl InstallationTokens {
    /// Reads the key of the app. No request is made yet.
    pub(in crate::github) async fn new(context: &Context, app: App) -> Result<Self, Unavailable> {
        Ok(Self {
            app,
            key: AppKey::parse(&context.get::<Credentials>().await?.get(&APP_KEY).await?)?,
            settings: context.get().await?,
            transport: context.get().await?,
            known: context.get().await?,
            calls: context.get().await?,
            deadline: context.deadline(),
        })
    }

    /// A token with which a run can start.
    pub(in crate::github) async fn token_for_run(&self) -> Result<SecretString, AppError> {
        self.get(MIN_LIFETIME_FOR_RUN).await
    }

    /// The known token, or a new one if the known one expires within `min_lifetime`.
    async fn get(&self, min_lifetime: Duration) -> Result<SecretString, AppError> {
        self.known.get(&self.app, min_lifetime, async || self.request_token().await).await
    }

    async fn request_token(&self) -> Result<InstallationToken, AppError> {
        let Self { app, key, settings, transport, calls, deadline, .. } = self;
        let jwt = key.sign(app.id, SystemTime::now())?;
        let no_cache = ResponseCache::default();
        let (identity, usage) = (Identity::from_token(Some(&jwt)), Usage::new(None));
        let github =
            GitHub::new(transport, settings.clone(), identity, *deadline, calls.clone(), no_cache, usage);
        app.new_token(&github.map_err(|_| AppError::Key)?).await
    }
}

impl Renewal for InstallationTokens {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, AppError>> {
        self.get(MIN_LIFETIME_FOR_REQUEST).boxed()
    }

    fn owner(&self, token: &SecretString) -> Owner {
        self.app.owner(token)
    }
}

// `Debug` is not derived, because the settings and connections of a run are long.
impl fmt::Debug for InstallationTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstallationTokens").field("app", &self.app).finish_non_exhaustive()
    }
}
