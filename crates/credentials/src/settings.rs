//! The settings table `[secrets]`: whether secrets that are not in the environment are looked up in AWS, and in which
//! region. Their names in AWS are in the tables of the crates that need them.

use serde::Deserialize;
use system_health_registry::settings_table;

use crate::AwsRegionName;

/// The table `[secrets]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct SecretsSettings {
    /// The region. Default: the region of `AWS_REGION`, of the profile or of the instance. An ARN contains its own
    /// region.
    pub region: Option<AwsRegionName>,
    /// Whether secrets are looked up in AWS Secrets Manager. Default: `true`.
    pub aws: bool,
}

settings_table!(SecretsSettings, "secrets", template: TEMPLATE, shown: |_| true);

/// Without AWS, the table has no effect, so a new settings file leaves it out. It is still accepted, because several programs may
/// share a file.
const TEMPLATE: &str = if cfg!(feature = "aws") { include_str!("settings.toml") } else { "" };

impl Default for SecretsSettings {
    fn default() -> Self {
        Self { region: None, aws: true }
    }
}

#[cfg(test)]
mod tests {
    use system_health_registry::{
        Settings,
        settings::{Origin, SettingsBuilder},
    };

    use super::*;

    fn builder_with(key: &str, value: &str) -> SettingsBuilder {
        Settings::builder().set("secrets", key, value, Origin::Flag("--set"))
    }

    #[test]
    fn texts_that_are_not_regions_are_refused_without_repeating_them() {
        assert_eq!(
            builder_with("region", "us-gov-west-1")
                .build()
                .unwrap()
                .table::<SecretsSettings>()
                .unwrap()
                .region
                .map(|region| region.to_string())
                .as_deref(),
            Some("us-gov-west-1")
        );
        for region in ["ghp_0123456789", "0123456789abcdef0123456789abcdef", "europe", "a-b.example"] {
            let error = builder_with("region", region).build().unwrap_err().to_string();
            assert_eq!(
                error,
                "flag --set: `region` in [secrets]: expected an AWS region, such as `eu-west-1`"
            );
        }
    }
}
