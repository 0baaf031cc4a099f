//! The settings table `[secrets]`: where AWS keeps what the environment does not hold.

use serde::Deserialize;
use system_health_registry::settings_table;

use super::{Secret, SecretName};

/// The table `[secrets]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct SecretsSettings {
    /// The GitHub token's name in AWS Secrets Manager. Default: `github/dashboard-token`.
    pub github_token: Option<SecretName>,
    /// The Datadog API key's name in AWS Secrets Manager. Default: `datadog/api-key`.
    pub datadog_api_key: Option<SecretName>,
    /// The Datadog application key's name in AWS Secrets Manager. Default: `datadog/app-key`.
    pub datadog_app_key: Option<SecretName>,
    /// The region to ask. Default: the region of `AWS_REGION`, of the profile or of the instance. An ARN
    /// contains its own region.
    pub region: Option<String>,
    /// Whether AWS is asked at all.
    pub aws: bool,
}

settings_table!(SecretsSettings, "secrets");

impl SecretsSettings {
    /// The name of a secret in AWS Secrets Manager.
    ///
    /// # Panics
    /// Never: the default names are valid.
    #[must_use]
    pub fn name(&self, secret: Secret) -> SecretName {
        let default = match secret {
            Secret::GitHubToken => "github/dashboard-token",
            Secret::DatadogApiKey => "datadog/api-key",
            Secret::DatadogAppKey => "datadog/app-key",
        };
        self.explicit_name(secret)
            .cloned()
            .unwrap_or_else(|| default.parse().expect("the default names are valid"))
    }

    /// The name, if somebody set it. AWS must then have such a secret; under a default name, it need not.
    #[must_use]
    pub fn explicit_name(&self, secret: Secret) -> Option<&SecretName> {
        let name = match secret {
            Secret::GitHubToken => &self.github_token,
            Secret::DatadogApiKey => &self.datadog_api_key,
            Secret::DatadogAppKey => &self.datadog_app_key,
        };
        name.as_ref()
    }
}

impl Default for SecretsSettings {
    fn default() -> Self {
        Self { github_token: None, datadog_api_key: None, datadog_app_key: None, region: None, aws: true }
    }
}

#[cfg(test)]
mod tests {
    use system_health_registry::{
        Settings,
        settings::{Origin, SettingsBuilder},
    };

    use super::*;

    fn with(key: &str, value: &str) -> SettingsBuilder {
        Settings::builder().set("secrets", key, value, Origin::Flag("--set"))
    }

    #[test]
    fn the_file_names_secrets() {
        let settings = with("datadog_api_key", "datadog#api_key").build().unwrap();
        let table: SecretsSettings = settings.table().unwrap();
        assert_eq!(table.name(Secret::DatadogApiKey).to_string(), "datadog#api_key");
        assert!(table.explicit_name(Secret::DatadogApiKey).is_some());
        assert_eq!(table.name(Secret::GitHubToken).to_string(), "github/dashboard-token");
        assert_eq!(table.explicit_name(Secret::GitHubToken), None);
    }

    #[test]
    fn a_name_without_a_name_is_refused_with_its_place() {
        let error = with("github_token", "").build().unwrap_err();
        insta::assert_snapshot!(error, @"flag --set: `github_token` in [secrets]: expected the name or ARN of a secret in AWS Secrets Manager, with `#field` behind it for one field of a JSON object, and not the secret itself; to ask AWS for no secret at all, write `aws = false`");
    }
}
