//! The settings table `[github]`, and where GitHub's API is: api.github.com, a GitHub Enterprise server, or a test's
//! server.

use std::{fmt, num::NonZeroU32};

use serde::Deserialize;
use system_health_credentials::SecretName;
use system_health_registry::settings_table;
use url::Url;

use super::BotLogins;
use crate::repository::{RemoteAddress, RepositoryName};

/// The settings table `[github]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct GitHubSettings {
    /// The URL of the REST API. Default: `https://api.github.com`.
    pub api_url: ApiUrl,
    /// The maximum length of a list, in pages of up to 100 items. A longer list is an error, because a part of it
    /// would give a wrong value. Default: 50.
    pub max_pages: NonZeroU32,
    /// The largest number of requests of one run that count against GitHub's quota. Groups of metrics that need more are
    /// skipped. Default: no limit but GitHub's.
    pub max_requests: Option<NonZeroU32>,
    /// The number of a GitHub App, which is used in place of a token.
    pub app_id: Option<u64>,
    /// The number of the app's installation.
    pub installation_id: Option<u64>,
    /// The organization or user where the app is installed, if the number of the installation is not set.
    pub installation_owner: Option<String>,
    /// The name of the app's private key in AWS Secrets Manager. Default: `github/app-private-key`.
    pub private_key_secret: Option<SecretName>,
    /// The logins of bots that are registered as users. Other bots are recognized without this setting. Default: none.
    pub bots: BotLogins,
    /// The token's name in AWS Secrets Manager. Default: `github/dashboard-token`.
    pub token_secret: Option<SecretName>,
}

settings_table!(
    GitHubSettings, "github",
    env: { "api_url" => "SYSTEM_HEALTH_GITHUB_API_URL" },
    ambient: { "api_url" => "GITHUB_API_URL" },
    template: include_str!("settings.toml"),
    shown: |_| true,
);

/// The URL of GitHub's REST API: `http` or `https`, a host, and perhaps a path such as `/api/v3`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiUrl(Url);

/// Why a URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{reason}; write the URL of GitHub's REST API, such as \"https://api.github.com\" or \
     \"https://github.example.com/api/v3\""
)]
pub struct ApiUrlError {
    // The URL is not repeated, because it may contain a password.
    reason: &'static str,
}

impl GitHubSettings {
    /// The repository that a remote points to, if it is on the host whose API is used.
    #[must_use]
    pub fn repository_at(&self, address: &RemoteAddress) -> Option<RepositoryName> {
        if self.api_url.is_api_of(address.host()) { address.path().parse().ok() } else { None }
    }

    /// The web page of the repository that a remote points to, if it is on the host whose API is used.
    #[must_use]
    pub fn web_page_of(&self, address: &RemoteAddress) -> Option<String> {
        let repository = self.repository_at(address)?;
        // `ssh.github.com` has no web pages.
        let host = if self.api_url.host() == "api.github.com" { "github.com" } else { address.host() };
        Some(format!("https://{host}/{repository}"))
    }
}

impl Default for GitHubSettings {
    fn default() -> Self {
        let max_pages = NonZeroU32::new(50).unwrap_or(NonZeroU32::MIN);
        Self {
            api_url: ApiUrl::default(),
            max_pages,
            max_requests: None,
            app_id: None,
            installation_id: None,
            installation_owner: None,
            private_key_secret: None,
            bots: BotLogins::default(),
            token_secret: None,
        }
    }
}

impl ApiUrl {
    /// The URL.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The URL of a resource.
    #[cfg(feature = "github")]
    pub(crate) fn resource(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The URL of the GraphQL API. On an Enterprise server, the REST API is at `/api/v3` and the GraphQL API beside it.
    #[cfg(feature = "github")]
    pub(crate) fn graphql(&self) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/');
        let base =
            base.strip_suffix("/api/v3").map_or_else(|| base.to_owned(), |prefix| format!("{prefix}/api"));
        url.set_path(&format!("{base}/graphql"));
        url
    }

    /// The host, without the port.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether this is the API of the repositories on a host.
    pub(crate) fn is_api_of(&self, host: &str) -> bool {
        match self.host() {
            "api.github.com" => matches!(host, "github.com" | "www.github.com" | "ssh.github.com"),
            // `api.NAME.ghe.com` is the API of the repositories on `NAME.ghe.com`.
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
        let Ok(url) = Url::parse(&text) else { return refuse("this is not a URL") };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("the URL must start with https:// or http://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("the URL must not contain a user or a password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("the URL must not have a query or a fragment");
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

    #[cfg(feature = "github")]
    #[test]
    fn the_path_of_a_resource_is_below_the_api() {
        let resource = |base: &str| {
            api_url(base).unwrap().resource(&["repos", "a", "b c"], &[("sha", "x/y z")]).to_string()
        };
        let without_query = ApiUrl::default().resource(&["repos", "a"], &[]);
        assert_eq!(without_query.as_str(), "https://api.github.com/repos/a");
        assert_eq!(resource("http://127.0.0.1:8080"), "http://127.0.0.1:8080/repos/a/b%20c?sha=x%2Fy+z");
        for base in ["https://ghe.example.com/api/v3", "https://ghe.example.com/api/v3/"] {
            assert_eq!(resource(base), "https://ghe.example.com/api/v3/repos/a/b%20c?sha=x%2Fy+z");
        }
    }

    #[test]
    fn a_url_that_cannot_be_that_of_an_api_is_refused() {
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

    #[cfg(feature = "github")]
    #[test]
    fn the_url_of_the_graphql_api_follows_from_that_of_the_api() {
        for (api, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
            ("https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql"),
            ("https://ghe.example.com:8443/git/api/v3/", "https://ghe.example.com:8443/git/api/graphql"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql"),
        ] {
            assert_eq!(api_url(api).unwrap().graphql().as_str(), graphql);
        }
    }

    #[test]
    fn only_a_remote_on_the_host_of_the_api_is_a_repository() {
        let settings =
            |url: &str| GitHubSettings { api_url: api_url(url).unwrap(), ..GitHubSettings::default() };
        let found = |api: &str, host: &str| {
            settings(api).repository_at(&RemoteAddress::new(host, "acme/app")).is_some()
        };
        assert!(found("https://api.github.com", "github.com"));
        assert!(found("https://ghe.example.com/api/v3", "ghe.example.com"));
        assert!(found("https://api.acme.ghe.com", "acme.ghe.com"));
        assert!(found("http://127.0.0.1:8080", "127.0.0.1"));
        assert!(!found("http://127.0.0.1:8080", "github.com"));
        assert!(!found("https://ghe.example.com/api/v3", "github.com"));
        assert!(!found("https://api.github.com", "gitlab.com"));
        assert!(!found("https://api.github.com", "hub.com"));
        let address = RemoteAddress::new("github.com", "a/b/c");
        assert_eq!(GitHubSettings::default().repository_at(&address), None);
    }
}
