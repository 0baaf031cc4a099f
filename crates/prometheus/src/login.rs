//! How requests are authorized.

use reqwest::RequestBuilder;
use system_health_http::Redactor;
use system_health_registry::settings::SecretSetting;

/// The credentials for a server, or for a proxy in front of it.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    None,
    Basic { username: String, password: SecretSetting },
    Bearer(SecretSetting),
}

impl Login {
    /// Adds the credentials to a request.
    pub(crate) fn authorize(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::None => request,
            Self::Basic { username, password } => request.basic_auth(username, Some(password.expose())),
            Self::Bearer(token) => request.bearer_auth(token.expose()),
        }
    }

    /// Removes the secret from texts.
    pub(crate) fn redactor(&self) -> Redactor {
        let secret = match self {
            Self::None => None,
            Self::Basic { password, .. } => Some(password.expose()),
            Self::Bearer(token) => Some(token.expose()),
        };
        Redactor::new(secret, "[secret]")
    }
}
