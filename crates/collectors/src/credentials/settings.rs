//! The settings table `[secrets]`: where AWS keeps what the environment does not hold.

use serde::Deserialize;
use system_health_registry::settings_table;

use super::{Secret, SecretName};

/// The table `[secrets]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct SecretsSettings {
    /// The GitHub token's name in AWS Secrets Manager.
    pub github_token: SecretName,
    /// The Datadog API key's name in AWS Secrets Manager.
    pub datadog_api_key: SecretName,
    /// The Datadog application key's name in AWS Secrets Manager.
    pub datadog_app_key: SecretName,
    /// The region that is asked. Without it AWS's own ways to say so count: `AWS_REGION`, the profile,
    /// the instance. An ARN tells its own.
    pub region: Option<String>,
    /// Whether AWS is asked at all.
    pub aws: bool,
}

settings_table!(SecretsSettings, "secrets");

impl SecretsSettings {
    /// The name of a secret in AWS Secrets Manager.
    #[must_use]
    pub fn name(&self, secret: Secret) -> &SecretName {
        match secret {
            Secret::GitHubToken => &self.github_token,
            Secret::DatadogApiKey => &self.datadog_api_key,
            Secret::DatadogAppKey => &self.datadog_app_key,
        }
    }
}

impl Default for SecretsSettings {
    fn default() -> Self {
        let name = |name: &str| name.parse().expect("the default names are valid");
        Self {
            github_token: name("github/dashboard-token"),
            datadog_api_key: name("datadog/api-key"),
            datadog_app_key: name("datadog/app-key"),
            region: None,
            aws: true,
        }
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
        assert_eq!(table.name(Secret::GitHubToken).to_string(), "github/dashboard-token");
    }

    #[test]
    fn a_name_without_a_name_is_refused_with_its_place() {
        let error = with("github_token", "").build().unwrap_err();
        insta::assert_snapshot!(error, @"flag --set: `github_token` in [secrets]: expected the name or ARN of a secret in AWS Secrets Manager, with `#field` behind it for one field of a JSON object, and not the secret itself; to ask AWS for no secret at all, write `aws = false`");
    }
}
