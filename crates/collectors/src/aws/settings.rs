//! The settings table `[aws]`.

use serde::Deserialize;
use system_health_credentials::AwsRegionName;
use system_health_registry::settings_table;

use super::NamePatterns;

/// The settings table `[aws]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct AwsSettings {
    /// The regions to report. Default: the region of `[secrets]`, or that of AWS's own configuration.
    pub regions: Vec<AwsRegionName>,
    /// The projects of CodeBuild. Default: all.
    pub projects: NamePatterns,
    /// The pipelines of CodePipeline. Default: all.
    pub pipelines: NamePatterns,
    /// The alarms of CloudWatch. Default: all but those of target tracking, which scale and do not warn.
    pub alarms: NamePatterns,
    /// The maximum number of selected projects, and of selected pipelines, in a region. Default: 200.
    pub max_names: u32,
    /// The maximum number of builds that are read for a project. Default: 2000.
    pub max_builds: u32,
    /// The maximum number of selected alarms in a region. Default: 10000.
    pub max_alarms: u32,
}

settings_table!(AwsSettings, "aws", template: include_str!("settings.toml"), shown: |_| true);

impl Default for AwsSettings {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            projects: NamePatterns::all(),
            pipelines: NamePatterns::all(),
            alarms: NamePatterns::all_except("TargetTracking-*"),
            max_names: 200,
            max_builds: 2000,
            max_alarms: 10_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    fn read(line: &str) -> Result<AwsSettings, String> {
        let settings =
            Settings::builder().toml(Path::new("a.toml"), &format!("[aws]\n{line}")).unwrap().build();
        settings.map(|settings| settings.table().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn invalid_values_are_refused_at_their_line() {
        for (line, message) in [
            ("regions = ['europe']", "in [aws]: expected an AWS region, such as `eu-west-1`"),
            ("projects = ['']", "in [aws]: a pattern is empty; write a name, such as \"shop\" or \"shop-*\""),
            ("alarms = ['!']", "in [aws]: a pattern is empty; write a name, such as \"shop\" or \"shop-*\""),
        ] {
            let error = read(line).unwrap_err();
            let key = line.split(' ').next().unwrap();
            assert!(error.starts_with("a.toml:2:") && error.contains(&format!("`{key}")), "{error}");
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn by_default_only_the_alarms_of_target_tracking_are_left_out() {
        let settings = read("").unwrap();
        assert!(settings.projects.matches("shop") && settings.pipelines.matches("shop"));
        assert!(settings.alarms.matches("shop latency"));
        assert!(!settings.alarms.matches("TargetTracking-service/shop-AlarmLow-1"));
    }
}
