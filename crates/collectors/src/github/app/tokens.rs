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

/// A token that expires sooner than this is renewed, even for a short run.
const MIN_LEFT: Duration = Duration::from_mins(10);

/// The latest token of a process. It is only in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens(Arc<Mutex<Option<InstallationToken>>>);

/// A token with the time at which it expires.
#[derive(Debug, Clone)]
pub(super) struct InstallationToken {
    pub(super) app: App,
    pub(super) token: SecretString,
    pub(super) expires: SystemTime,
    pub(super) permissions: Arc<BTreeMap<String, String>>,
}

impl Tokens {
    /// The token of the process if it lasts for the remaining time of the run, or else a new one. Only one token is requested at
    /// a time.
    pub(super) async fn get(
        &self,
        app: &App,
        remaining: Duration,
        renew: impl AsyncFnOnce() -> Result<InstallationToken, AppError>,
    ) -> Result<SecretString, AppError> {
        let mut current = self.0.lock().await;
        let needed = SystemTime::now() + remaining.max(MIN_LEFT);
        if let Some(known) = current.as_ref().filter(|known| known.app == *app && known.expires > needed) {
            return Ok(known.token.clone());
        }
        let token = renew().await?;
        *current = Some(token.clone());
        Ok(token.token)
    }

    /// The permissions of the token.
    pub(super) async fn permissions(&self) -> Option<Arc<BTreeMap<String, String>>> {
        self.0.lock().await.as_ref().map(|token| Arc::clone(&token.permissions))
    }
}

impl FromContext for Tokens {
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

    /// The token that a run of some minutes gets. A new token would be called `name` and be valid for `minutes`.
    async fn get(tokens: &Tokens, app: &App, run_minutes: u64, name: &str, minutes: u64) -> String {
        let renew = async || {
            Ok(InstallationToken {
                app: app.clone(),
                token: name.into(),
                expires: SystemTime::now() + Duration::from_mins(minutes),
                permissions: Arc::default(),
            })
        };
        let token = tokens.get(app, Duration::from_mins(run_minutes), renew).await.unwrap();
        token.expose_secret().to_owned()
    }

    #[tokio::test]
    async fn a_token_is_renewed_if_it_may_expire_during_the_run() {
        let (tokens, app) = (Tokens::default(), app(7));
        assert_eq!(get(&tokens, &app, 5, "first", 60).await, "first");
        assert_eq!(get(&tokens, &app, 5, "other", 60).await, "first");
        // Nearly an hour is left.
        assert_eq!(get(&tokens, &app, 59, "other", 60).await, "first");
        assert_eq!(get(&tokens, &app, 60, "second", 9).await, "second");
        // Less than ten minutes are left, which is too little for any run.
        assert_eq!(get(&tokens, &app, 1, "third", 60).await, "third");
        assert_eq!(
            get(&tokens, &self::app(8), 1, "of another installation", 60).await,
            "of another installation"
        );
    }

    #[tokio::test]
    async fn after_a_failed_renewal_the_next_run_tries_again() {
        let (tokens, app) = (Tokens::default(), app(7));
        get(&tokens, &app, 1, "expiring", 9).await;
        let failed = tokens.get(&app, Duration::ZERO, async || Err(AppError::Key)).await;
        assert!(failed.is_err());
        assert_eq!(get(&tokens, &app, 1, "new", 60).await, "new");
    }
}
