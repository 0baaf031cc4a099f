//! The token of the installation. It lives for an hour, so the runs of a process share it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use secrecy::SecretString;
use system_health_registry::{Context, FromContext, Scope, Unavailable};
use tokio::sync::Mutex;

use super::{App, AppError};

/// A token that expires sooner is renewed.
const MIN_LEFT: Duration = Duration::from_mins(10);

/// The tokens of a process. They are only in memory.
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
    /// The token of the process if it lasts long enough, or else a new one. Only one is asked for at a time.
    pub(super) async fn get(
        &self,
        app: &App,
        run: Duration,
        renew: impl AsyncFnOnce() -> Result<InstallationToken, AppError>,
    ) -> Result<SecretString, AppError> {
        let mut current = self.0.lock().await;
        let needed = SystemTime::now() + run.max(MIN_LEFT);
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
