//! How requests are authorized.

use base64::{Engine as _, engine::general_purpose::STANDARD};
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

    /// Replaces the secrets in texts that may repeat them.
    pub(crate) fn redactor(&self) -> Redactor {
        let secrets = match self {
            Self::None => Vec::new(),
            Self::Basic { username, password } => {
                // A proxy may repeat the header.
                let header = STANDARD.encode(format!("{username}:{}", password.expose()));
                vec![password.expose().to_owned(), header]
            }
            Self::Bearer(token) => vec![token.expose().to_owned()],
        };
        Redactor::new(secrets.iter().map(String::as_str), "[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_password_nor_the_header_that_contains_it_is_shown() {
        let login =
            Login::Basic { username: "ada".to_owned(), password: SecretSetting::from("correct horse") };

        // `ada:correct horse` in base64.
        let shown = login.redactor().redact("correct horse, Basic YWRhOmNvcnJlY3QgaG9yc2U=");

        assert_eq!(shown, "[secret], Basic [secret]");
    }
}
