//! The table `[cloudwatch]`.

use serde::Deserialize;
use system_health_credentials::AwsRegionName;
use system_health_registry::{Settings, settings::SettingsError, settings_table};

use crate::namespace::Namespace;

/// The table `[cloudwatch]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CloudWatchSettings {
    /// The namespace of the metrics.
    pub(crate) namespace: Option<Namespace>,
    /// The region. Default: that of `[secrets]`, or of AWS's own configuration.
    pub(crate) region: Option<AwsRegionName>,
    /// Whether documents in the Embedded Metric Format are written to the standard output, instead of calling CloudWatch.
    pub(crate) emf: bool,
}

settings_table!(
    CloudWatchSettings, "cloudwatch",
    template: include_str!("settings.toml"),
    check: CloudWatchSettings::check_keys,
);

/// A problem with a key that depends on other keys.
#[derive(Debug, thiserror::Error)]
enum KeyProblem {
    #[error("it has no effect without `namespace`; set `namespace`, or remove `region`")]
    NoNamespace,
    #[error(
        "the documents of `emf = true` have no region, because CloudWatch uses the region of the logs; remove `region` or `emf`"
    )]
    RegionOfDocuments,
}

impl CloudWatchSettings {
    /// Refuses settings that have no effect.
    fn check_keys(&self, settings: &Settings) -> Result<(), SettingsError> {
        let problem = match (&self.region, &self.namespace) {
            (Some(_), _) if self.emf => KeyProblem::RegionOfDocuments,
            (Some(_), None) => KeyProblem::NoNamespace,
            _ => return Ok(()),
        };
        Err(settings.refuse::<Self>("region", problem))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn checked(text: &str) -> Result<CloudWatchSettings, String> {
        let settings = Settings::builder().toml(Path::new("a.toml"), &format!("[cloudwatch]\n{text}"));
        let settings = settings.unwrap().build().map_err(|error| error.to_string())?;
        Ok(settings.table().unwrap())
    }

    #[test]
    fn invalid_settings_are_refused_at_their_line() {
        for (text, expected) in [
            ("namespace = 'AWS/EC2'", "a.toml:2:1: `namespace` in [cloudwatch]: namespaces that begin with"),
            (
                "region = 'eu-west-1'",
                "a.toml:2:1: `region` in [cloudwatch]: it has no effect without `namespace`; set `namespace`, or",
            ),
            ("region = 'europe'", "a.toml:2:1: `region` in [cloudwatch]: expected an AWS region"),
            ("emf = true\nregion = 'eu-west-1'", "a.toml:3:1: `region` in [cloudwatch]: the documents of"),
        ] {
            let error = checked(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        assert!(checked("").unwrap().namespace.is_none());
        assert!(checked("namespace = 'Shop'\nregion = 'eu-west-1'").is_ok());
    }
}
