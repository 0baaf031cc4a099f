//! The settings table `[secrets]`: where AWS keeps what the environment does not hold.

use serde::{Deserialize, Deserializer, de::Error as _};
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
    #[serde(deserialize_with = "region")]
    pub region: Option<String>,
    /// Whether AWS is asked at all.
    pub aws: bool,
}

settings_table!(SecretsSettings, "secrets");

/// Reads a region. It becomes part of a host name, so what is none may be a secret that would be sent there.
fn region<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let region = String::deserialize(deserializer)?;
    let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if region.len() > LONGEST_REGION || !region.contains('-') || !region.chars().all(is_fit) {
        return Err(D::Error::custom("expected an AWS region, such as `eu-west-1`"));
    }
    Ok(Some(region))
}

/// Longer than any region's name.
const LONGEST_REGION: usize = 20;

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
    fn what_is_no_region_is_refused_without_repeating_it() {
        assert_eq!(
            with("region", "us-gov-west-1")
                .build()
                .unwrap()
                .table::<SecretsSettings>()
                .unwrap()
                .region
                .as_deref(),
            Some("us-gov-west-1")
        );
        for region in ["ghp_0123456789", "0123456789abcdef0123456789abcdef", "europe", "a-b.example"] {
            let error = with("region", region).build().unwrap_err().to_string();
            assert_eq!(
                error,
                "flag --set: `region` in [secrets]: expected an AWS region, such as `eu-west-1`"
            );
        }
    }

    #[test]
    fn a_name_without_a_name_is_refused_with_its_place() {
        let error = with("github_token", "").build().unwrap_err();
        insta::assert_snapshot!(error, @"flag --set: `github_token` in [secrets]: expected the name or ARN of a secret in AWS Secrets Manager, with `#field` behind it for one field of a JSON object, and not the secret itself; to ask AWS for no secret at all, write `aws = false`");
    }
}
