//! The token that clients of the HTTP server need.

use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use system_health_credentials::{CredentialError, Credentials, Secret, register_secret, stored};
use system_health_registry::{Context, Process, Settings, SharedError};

use crate::settings::ServeSettings;

/// Where the token is looked up.
const TOKEN: Secret = Secret::new(
    "token of the service",
    &["SYSTEM_HEALTH_SERVE_TOKEN"],
    stored!("system-health/serve-token", ServeSettings, token_secret),
);

register_secret!(TOKEN);

/// The minimum length of a token, in characters. A shorter token can be guessed.
const MIN_LENGTH: usize = 16;

/// The digest of a token. Tokens are compared by their digests.
#[derive(Clone)]
pub(crate) struct Token([u8; 32]);

/// Why no token was found, or why the token cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The address can be reached from other machines.
    #[error(
        "{address} can be reached from other machines, so the server needs a token (on 127.0.0.1, it needs none)"
    )]
    Needed {
        address: SocketAddr,
        #[source]
        source: CredentialError,
    },
    /// The token cannot be read, or the settings name a token that does not exist.
    #[error(transparent)]
    Unreadable(CredentialError),
    /// The token is too short.
    #[error(
        "the token of the service has fewer than {MIN_LENGTH} characters, so it can be guessed; make one with `openssl rand \
         -hex 32`"
    )]
    TooShort,
    /// The settings cannot be used.
    #[error("{0}")]
    Settings(SharedError),
}

impl Token {
    /// Finds the token. `None` if neither the settings nor the environment name one, and the server needs none, because only this
    /// machine reaches its address. Any other address without a token is an error.
    pub(crate) async fn find(settings: &Settings, listen: SocketAddr) -> Result<Option<Self>, TokenError> {
        let table: ServeSettings =
            settings.table().map_err(|error| TokenError::Settings(SharedError::new(error)))?;
        Self::find_in(&Process::new().provide(settings.clone()).context(), &table, listen).await
    }

    /// Like [`find`](Self::find), with the credentials of a context.
    pub(crate) async fn find_in(
        context: &Context,
        table: &ServeSettings,
        listen: SocketAddr,
    ) -> Result<Option<Self>, TokenError> {
        let is_needed = !listen.ip().is_loopback();
        if !is_needed && table.token_secret.is_none() && !Self::is_in_environment() {
            return Ok(None);
        }
        let credentials: Credentials = context.get().await.map_err(|error| {
            TokenError::Settings(SharedError::new(std::io::Error::other(error.to_string())))
        })?;
        match credentials.get(&TOKEN).await {
            Ok(token) if token.expose_secret().chars().count() < MIN_LENGTH => Err(TokenError::TooShort),
            Ok(token) => Ok(Some(Self::new(&token))),
            Err(error) if is_needed && error.is_absent() => {
                Err(TokenError::Needed { address: listen, source: error })
            }
            Err(error) => Err(TokenError::Unreadable(error)),
        }
    }

    /// Whether the environment sets a token. It may still be unusable.
    pub(crate) fn is_in_environment() -> bool {
        TOKEN.is_in_environment()
    }

    pub(crate) fn new(token: &SecretString) -> Self {
        Self(digest(token.expose_secret()))
    }

    /// Whether a text is the token. The time of the comparison does not depend on the number of matching characters.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.ct_eq(&digest(text)).into()
    }
}

/// Digests have the same length, so the comparison does not show the length of the token.
fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}
