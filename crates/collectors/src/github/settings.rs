//! Where GitHub's API is. Another place than api.github.com is GitHub Enterprise, or a test's server.

use std::{fmt, num::NonZeroU32};

use serde::Deserialize;
use system_health_credentials::SecretName;
use system_health_registry::settings_table;
use url::{Origin, Url};

use crate::{local_clone::Remote, repository::RepositoryName};

/// The settings table `[github]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct GitHubSettings {
    /// The address of the REST API. Default: `https://api.github.com`.
    pub api_url: ApiUrl,
    /// The longest list that is read, in pages of up to 100. A longer one is an error: a part of a list
    /// is no answer. Default: 50.
    pub max_pages: NonZeroU32,
    /// The token's name in AWS Secrets Manager. Default: `github/dashboard-token`.
    pub token_secret: Option<SecretName>,
}

settings_table!(
    GitHubSettings, "github",
    env: { "api_url" => "SYSTEM_HEALTH_GITHUB_API_URL" },
    ambient: { "api_url" => "GITHUB_API_URL" },
    shown: |_| true,
);

/// The address of GitHub's REST API: `http` or `https`, a host, and perhaps a path such as `/api/v3`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiUrl(Url);

/// Why an address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{reason}; write the address of GitHub's REST API, such as \"https://api.github.com\" or \
     \"https://github.example.com/api/v3\""
)]
pub struct ApiUrlError {
    // The address is not repeated: it could hold a password.
    reason: &'static str,
}

impl GitHubSettings {
    /// The repository that a remote points to, if it is on the host whose API is asked.
    pub(crate) fn repository_of(&self, remote: &Remote) -> Option<RepositoryName> {
        if self.api_url.answers_for(remote.host()) { remote.path().parse().ok() } else { None }
    }

    /// The page of the repository that a remote points to, if it is on the host whose API is asked.
    pub(crate) fn page_of(&self, remote: &Remote) -> Option<String> {
        let repository = self.repository_of(remote)?;
        // `ssh.github.com` has no pages.
        let host = if self.api_url.host() == "api.github.com" { "github.com" } else { remote.host() };
        Some(format!("https://{host}/{repository}"))
    }
}

impl Default for GitHubSettings {
    fn default() -> Self {
        let max_pages = NonZeroU32::new(50).unwrap_or(NonZeroU32::MIN);
        Self { api_url: ApiUrl::default(), max_pages, token_secret: None }
    }
}

impl ApiUrl {
    /// The address of a resource below the API's, with its query.
    pub(super) fn join(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Scheme, host and port: where the token may be sent.
    pub(super) fn origin(&self) -> Origin {
        self.0.origin()
    }

    pub(super) fn as_url(&self) -> &Url {
        &self.0
    }

    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether this is the API for the repositories on a host.
    pub(crate) fn answers_for(&self, host: &str) -> bool {
        match self.host() {
            "api.github.com" => matches!(host, "github.com" | "www.github.com" | "ssh.github.com"),
            // `api.NAME.ghe.com` answers for repositories on `NAME.ghe.com`.
            api => host == api || api.strip_prefix("api.") == Some(host),
        }
    }
}

impl Default for ApiUrl {
    fn default() -> Self {
        Self(Url::parse("https://api.github.com").expect("a constant, and tested"))
    }
}

impl TryFrom<String> for ApiUrl {
    type Error = ApiUrlError;

    fn try_from(text: String) -> Result<Self, ApiUrlError> {
        let refuse = |reason| Err(ApiUrlError { reason });
        let Ok(url) = Url::parse(&text) else { return refuse("this is no address") };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("the address must start with https:// or http://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("the address must not contain a user or a password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("the address must end with its path");
        }
        Ok(Self(url))
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api_url(text: &str) -> Result<ApiUrl, ApiUrlError> {
        ApiUrl::try_from(text.to_owned())
    }

    #[test]
    fn paths_are_joined_below_the_api() {
        let joined =
            |base: &str| api_url(base).unwrap().join(&["repos", "a", "b c"], &[("sha", "x/y z")]).to_string();
        assert_eq!(ApiUrl::default().join(&["repos", "a"], &[]).as_str(), "https://api.github.com/repos/a");
        assert_eq!(joined("http://127.0.0.1:8080"), "http://127.0.0.1:8080/repos/a/b%20c?sha=x%2Fy+z");
        for base in ["https://ghe.example.com/api/v3", "https://ghe.example.com/api/v3/"] {
            assert_eq!(joined(base), "https://ghe.example.com/api/v3/repos/a/b%20c?sha=x%2Fy+z");
        }
    }

    #[test]
    fn refuses_what_is_no_api_address() {
        for text in [
            "",
            "api.github.com",
            "ftp://github.com",
            "https://u:secret@github.com",
            "https://github.com?x=1",
        ] {
            let message = api_url(text).unwrap_err().to_string();
            assert!(message.ends_with("\"https://github.example.com/api/v3\""), "{text}");
            assert!(!message.contains("secret"), "{text}");
        }
    }

    #[test]
    fn a_remote_counts_when_its_host_is_githubs() {
        let settings =
            |url: &str| GitHubSettings { api_url: api_url(url).unwrap(), ..GitHubSettings::default() };
        let found =
            |api: &str, host: &str| settings(api).repository_of(&Remote::new(host, "acme/app")).is_some();
        assert!(found("https://api.github.com", "github.com"));
        assert!(found("https://ghe.example.com/api/v3", "ghe.example.com"));
        assert!(found("https://api.acme.ghe.com", "acme.ghe.com"));
        assert!(found("http://127.0.0.1:8080", "127.0.0.1"));
        assert!(!found("http://127.0.0.1:8080", "github.com"));
        assert!(!found("https://ghe.example.com/api/v3", "github.com"));
        assert!(!found("https://api.github.com", "gitlab.com"));
        assert!(!found("https://api.github.com", "hub.com"));
        assert_eq!(GitHubSettings::default().repository_of(&Remote::new("github.com", "a/b/c")), None);
    }
}
