//! Which secrets there are, and under which names people give them.

use std::fmt;

/// A secret that a run may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Secret {
    /// The token for GitHub's API.
    GitHubToken,
    /// The key with which metrics are delivered to Datadog.
    DatadogApiKey,
    /// The key that Datadog's other endpoints want besides the API key.
    DatadogAppKey,
}

impl Secret {
    /// Every secret.
    pub const ALL: [Self; 3] = [Self::GitHubToken, Self::DatadogApiKey, Self::DatadogAppKey];

    /// The environment variables that may hold the secret, in the order in which they are asked. With
    /// `_FILE` behind its name, each may hold the path of a file with the secret instead.
    #[must_use]
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::GitHubToken => &["GITHUB_DASHBOARD_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"],
            Self::DatadogApiKey => &["DD_API_KEY"],
            Self::DatadogAppKey => &["DD_APP_KEY"],
        }
    }

    /// The variable that advice names: the one that most people know.
    #[must_use]
    pub const fn usual_variable(self) -> &'static str {
        match self {
            Self::GitHubToken => "GITHUB_TOKEN",
            Self::DatadogApiKey => "DD_API_KEY",
            Self::DatadogAppKey => "DD_APP_KEY",
        }
    }

    /// The key in the settings table `[secrets]` that holds its name in AWS Secrets Manager.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::GitHubToken => "github_token",
            Self::DatadogApiKey => "datadog_api_key",
            Self::DatadogAppKey => "datadog_app_key",
        }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitHubToken => "GitHub token",
            Self::DatadogApiKey => "Datadog API key",
            Self::DatadogAppKey => "Datadog application key",
        })
    }
}
