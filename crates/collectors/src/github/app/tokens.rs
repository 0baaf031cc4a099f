//! The token of the installation. It is valid for an hour, so the runs of a process share it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use secrecy::SecretString;
use system_health_registry::{Context, FromContext, Scope, Unavailable};
use tokio::sync::Mutex;

use super::{App, AppError};

/// A token that expires within this time is renewed before a run.
pub(super) const MIN_LIFETIME_FOR_RUN: Duration = Duration::from_mins(10);
/// A token that expires within this time is renewed before the next request of a run.
pub(super) const MIN_LIFETIME_FOR_REQUEST: Duration = Duration::from_mins(5);

/// The latest token of a process, if there is one. It is only in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownToken(Arc<Mutex<Option<InstallationToken>>>);

/// A token with the time at which it expires.
#[derive(Debug, Clone)]
pub(super) struct InstallationToken {
    pub(super) app: App,
    pub(super) token: SecretString,
    /// `None` if GitHub gave no readable time.
    pub(super) expires: Option<SystemTime>,
    pub(super) permissions: Arc<BTreeMap<String, String>>,
}

impl KnownToken {
    /// The known token, or a new one if the known one expires within `min_lifetime`. Only one token is requested at a time.
    pub(super) async fn get(
        &self,
        app: &App,
        min_lifetime: Duration,
        renew: impl AsyncFnOnce() -> Result<InstallationToken, AppError>,
    ) -> Result<SecretString, AppError> {
        let mut current = self.0.lock().await;
        let needed = SystemTime::now() + min_lifetime;
        // If it is unknown when a token expires, each run starts with a new token, and its requests use this token.
        let is_for_run = min_lifetime >= MIN_LIFETIME_FOR_RUN;
        let lasts = |known: &InstallationToken| known.expires.map_or(!is_for_run, |expires| expires > needed);
        if let Some(known) = current.as_ref().filter(|known| known.app == *app && lasts(known)) {
            return Ok(known.token.clone());
        }
        let token = renew().await?;
        *current = Some(token.clone());
        Ok(token.token)
    }

    /// The permissions of the known token.
    pub(super) async fn permissions(&self) -> Option<Arc<BTreeMap<String, String>>> {
        self.0.lock().await.as_ref().map(|token| Arc::clone(&token.permissions))
    }
}

impl FromContext for KnownToken {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::github::GitHubSettings;

    fn app(installation_id: u64) -> App {
        let settings = GitHubSettings {
            app_id: Some(1),
            installation_id: Some(installation_id),
            ..GitHubSettings::default()
        };
        App::from_settings(&settings).unwrap().unwrap()
    }

    /// The token that `known` returns. A new token would be called `name` and be valid for `minutes`.
    async fn get(
        known: &KnownToken,
        app: &App,
        min_lifetime: Duration,
        name: &str,
        minutes: impl Into<Option<u64>>,
    ) -> String {
        let expires = minutes.into().map(|minutes| SystemTime::now() + Duration::from_mins(minutes));
        let renew = async || {
            Ok(InstallationToken {
                app: app.clone(),
                token: name.into(),
                expires,
                permissions: Arc::default(),
            })
        };
        let token = known.get(app, min_lifetime, renew).await.unwrap();
        token.expose_secret().to_owned()
    }

    #[tokio::test]
    async fn a_token_is_renewed_if_it_expires_soon() {
        let (known, app) = (KnownToken::default(), app(7));
        assert_eq!(get(&known, &app, MIN_LIFETIME_FOR_RUN, "first", 11).await, "first");
        assert_eq!(get(&known, &app, MIN_LIFETIME_FOR_RUN, "other", 60).await, "first");
        assert_eq!(get(&known, &self::app(8), MIN_LIFETIME_FOR_RUN, "of another", 9).await, "of another");
        assert_eq!(get(&known, &self::app(8), MIN_LIFETIME_FOR_REQUEST, "other", 60).await, "of another");
        assert_eq!(get(&known, &self::app(8), MIN_LIFETIME_FOR_RUN, "second", 4).await, "second");
        assert_eq!(get(&known, &self::app(8), MIN_LIFETIME_FOR_REQUEST, "third", 60).await, "third");
    }

    #[tokio::test]
    async fn a_token_that_expires_at_an_unknown_time_is_used_in_one_run() {
        let (known, app) = (KnownToken::default(), app(7));
        assert_eq!(get(&known, &app, MIN_LIFETIME_FOR_RUN, "first", None).await, "first");
        assert_eq!(get(&known, &app, MIN_LIFETIME_FOR_REQUEST, "other", 60).await, "first");
        assert_eq!(get(&known, &app, MIN_LIFETIME_FOR_RUN, "second", 60).await, "second");
    }

    #[tokio::test]
    async fn after_a_failed_renewal_the_next_run_tries_again() {
        let (known, app) = (KnownToken::default(), app(7));
        get(&known, &app, MIN_LIFETIME_FOR_RUN, "expiring", 9).await;
        let failed = known.get(&app, MIN_LIFETIME_FOR_RUN, async || Err(AppError::Key)).await;
        assert!(failed.is_err());
        assert_eq!(get(&known, &app, MIN_LIFETIME_FOR_RUN, "new", 60).await, "new");
    }
}
