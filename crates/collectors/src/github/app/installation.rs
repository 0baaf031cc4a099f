//! Asks GitHub for a token of an installation.

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use secrecy::SecretString;
use serde::Deserialize;
use system_health_credentials::Credentials;
use system_health_registry::{Context, ResponseCache, Unavailable};
use tokio::time::Instant;

use super::{
    APP_KEY, AppError,
    key::AppKey,
    tokens::{InstallationToken, Tokens},
};
use crate::github::{
    GitHub, GitHubError, GitHubSettings,
    budget::Usage,
    client::{Identity, Owner, Transport},
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
        let installation = match (settings.installation_id, &settings.installation_owner) {
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
        Owner::from_installation(&format!("app {} {}", self.id, self.installation()), token)
    }

    fn installation(&self) -> String {
        match &self.installation {
            Installation::Id(id) => id.to_string(),
            Installation::Owner(owner) => format!("at `{owner}`"),
        }
    }

    async fn new_token(&self, github: &GitHub) -> Result<InstallationToken, AppError> {
        let failed = |error| AppError::new(self.id, &self.installation(), error);
        let id = match &self.installation {
            Installation::Id(id) => *id,
            Installation::Owner(owner) => find_installation(github, owner).await.map_err(failed)?,
        };
        let path = ["app", "installations", &id.to_string(), "access_tokens"];
        let TokenResponse { token, expires_at, permissions } = github.create(&path).await.map_err(failed)?;
        // A token with an unreadable time of expiry is used for this run only.
        let expires = humantime::parse_rfc3339(&expires_at).unwrap_or(SystemTime::UNIX_EPOCH);
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
    installation_token(context, &app).await?;
    Ok(context.get::<Tokens>().await?.permissions().await)
}

/// A token of the installation, which lasts longer than the run.
pub(in crate::github) async fn installation_token(
    context: &Context,
    app: &App,
) -> Result<SecretString, Unavailable> {
    let key = AppKey::parse(&context.get::<Credentials>().await?.get(&APP_KEY).await?)?;
    let (settings, transport): (GitHubSettings, Transport) = (context.get().await?, context.get().await?);
    let (tokens, calls): (Tokens, _) = (context.get().await?, context.get().await?);
    let deadline = context.deadline();
    let remaining =
        deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())).unwrap_or_default();
    let renew = async || {
        let jwt = key.sign(app.id, SystemTime::now())?;
        let no_cache = ResponseCache::default();
        let (identity, usage) = (Identity::from_token(Some(&jwt)), Usage::new(None));
        let github = GitHub::new(&transport, settings, identity, deadline, calls, no_cache, usage);
        app.new_token(&github.map_err(|_| AppError::Key)?).await
    };
    Ok(tokens.get(app, remaining, renew).await?)
}
