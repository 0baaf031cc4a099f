//! The settings table `[dora]`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};
use system_health_registry::settings_table;

use super::TagPatterns;
use crate::ci::deserialize_file_name;

/// The settings table `[dora]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct DoraSettings {
    /// What a deployment is. Default: `github`.
    pub deployments: DeploymentSource,
    /// The environments whose GitHub deployments count. Default: `production`.
    #[serde(deserialize_with = "deserialize_environments")]
    pub environments: Vec<String>,
    /// Whether prereleases count. Default: no.
    pub prereleases: bool,
    /// The tags that count. Default: `v*`.
    pub tags: TagPatterns,
    /// The file name of the workflow that deploys. Default: `deploy.yml`.
    #[serde(deserialize_with = "deserialize_file_name")]
    pub workflow: String,
    /// The labels of issues that are incidents. Default: `incident`.
    #[serde(deserialize_with = "deserialize_labels")]
    pub incident_labels: Vec<String>,
    /// The time after a deployment in which a revert, a hotfix or a rollback means that it failed. Default: 24 hours.
    pub failure_window: Duration,
    /// The time before the window in which deployments and incidents are also read. A deployment that was created earlier does not
    /// count, even if it succeeds within the window, unless it is a release. Default: 14 days.
    pub lookback: Duration,
    /// The maximum number of comparisons of deployments of a repository in a run, and also the maximum number of requests for
    /// single runs of its workflow. Default: 500.
    pub max_requests: usize,
}

settings_table!(DoraSettings, "dora", template: include_str!("settings.toml"), shown: |_| true);

/// What a deployment is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeploymentSource {
    /// A deployment on GitHub with a status `success`.
    #[default]
    GitHub,
    /// A published release.
    Releases,
    /// A tag.
    Tags,
    /// A successful run of a workflow on the branch.
    Workflow,
}

impl Default for DoraSettings {
    fn default() -> Self {
        Self {
            deployments: DeploymentSource::default(),
            environments: vec!["production".to_owned()],
            prereleases: false,
            tags: TagPatterns::default(),
            workflow: "deploy.yml".to_owned(),
            incident_labels: vec!["incident".to_owned()],
            failure_window: Duration::from_hours(24),
            lookback: Duration::from_hours(14 * 24),
            max_requests: 500,
        }
    }
}

impl<'de> Deserialize<'de> for DeploymentSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*String::deserialize(deserializer)? {
            "github" => Ok(Self::GitHub),
            "releases" => Ok(Self::Releases),
            "tags" => Ok(Self::Tags),
            "workflow" => Ok(Self::Workflow),
            other => Err(D::Error::custom(format!(
                "`{other}` is not a source of deployments; write \"github\", \"releases\", \"tags\" or \"workflow\""
            ))),
        }
    }
}

/// Deserializes the names of labels. GitHub would find nothing for a name with spaces around it.
pub(super) fn deserialize_labels<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let labels = Vec::<String>::deserialize(deserializer)?;
    let labels: Vec<String> = labels.iter().map(|label| label.trim().to_owned()).collect();
    if labels.iter().any(String::is_empty) {
        return Err(D::Error::custom("a label is empty; write its name, such as \"incident\""));
    }
    Ok(labels)
}

/// Deserializes the names of environments. GitHub would find nothing for a name with spaces around it. Refuses an empty list,
/// because without an environment GitHub would list the deployments to all environments. Also refuses empty and repeated
/// names.
pub(super) fn deserialize_environments<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let environments = Vec::<String>::deserialize(deserializer)?;
    let environments: Vec<String> = environments.iter().map(|name| name.trim().to_owned()).collect();
    if environments.is_empty() || environments.iter().any(String::is_empty) {
        return Err(D::Error::custom("write the names of environments, such as [\"production\"]"));
    }
    let is_repeated = |(n, name): &(usize, &String)| {
        environments[..*n].iter().any(|other| other.eq_ignore_ascii_case(name))
    };
    match environments.iter().enumerate().find(is_repeated) {
        Some((_, name)) => Err(D::Error::custom(format!(
            "`{name}` is named twice; GitHub does not distinguish upper and lower case"
        ))),
        None => Ok(environments),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    fn read(line: &str) -> Result<DoraSettings, String> {
        let toml = format!("[dora]\n{line}");
        let settings = Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build();
        settings.map(|settings| settings.table().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn invalid_values_are_refused_at_their_line() {
        for (line, message) in [
            (
                "deployments = 'argo'",
                "`deployments` in [dora]: `argo` is not a source of deployments; write \"github\", \"releases\", \"tags\" \
                 or \"workflow\"",
            ),
            (
                "environments = []",
                "`environments` in [dora]: write the names of environments, such as [\"production\"]",
            ),
            (
                "environments = [' ']",
                "`environments` in [dora]: write the names of environments, such as [\"production\"]",
            ),
            (
                "environments = ['live', ' Live']",
                "`environments` in [dora]: `Live` is named twice; GitHub does not distinguish upper and lower case",
            ),
            ("tags = ['']", "`tags` in [dora]: a pattern is missing or empty; write one such as \"v*\""),
            ("workflow = '.github/x.yml'", "`workflow` in [dora]: `.github/x.yml` is not a workflow"),
            (
                "incident_labels = [' ']",
                "`incident_labels` in [dora]: a label is empty; write its name, such as \"incident\"",
            ),
            ("failure_window = 24", "`failure_window` in [dora]: invalid type: integer `24`"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.starts_with(&format!("a.toml:2:1: {message}")), "{error}");
        }
    }

    #[test]
    fn spaces_around_a_name_are_removed() {
        let settings = read("environments = [' live ']\nincident_labels = [' outage ']").unwrap();
        assert_eq!((&*settings.environments[0], &*settings.incident_labels[0]), ("live", "outage"));
    }

    #[test]
    fn by_default_deployments_to_production_count() {
        let settings = read("").unwrap();
        assert_eq!(settings.deployments, DeploymentSource::GitHub);
        assert_eq!(settings.environments, ["production"]);
        assert_eq!(settings.failure_window, Duration::from_hours(24));
        assert!(settings.tags.matches("v1.0") && !settings.tags.matches("nightly"));
    }
}
