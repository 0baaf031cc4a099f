//! What differs from `[dora]` for one repository: the tables `[repositories."owner/name".dora]`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::{
    DeploymentSource, DoraSettings, TagPatterns,
    settings::{deserialize_environments, deserialize_labels},
};
use crate::ci::deserialize_file_name;

/// The settings of one repository that override those in `[dora]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoraOverrides {
    /// What a deployment is.
    pub deployments: Option<DeploymentSource>,
    /// The environments whose GitHub deployments count.
    #[serde(deserialize_with = "deserialize_optional_environments")]
    pub environments: Option<Vec<String>>,
    /// Whether prereleases count.
    pub prereleases: Option<bool>,
    /// The tags that count.
    pub tags: Option<TagPatterns>,
    /// The file name of the workflow that deploys.
    #[serde(deserialize_with = "deserialize_optional_file_name")]
    pub workflow: Option<String>,
    /// The labels of issues that are incidents.
    #[serde(deserialize_with = "deserialize_optional_labels")]
    pub incident_labels: Option<Vec<String>>,
    /// The time after a deployment in which a revert, a hotfix or a rollback means that it failed.
    pub failure_window: Option<Duration>,
    /// The time before the window in which deployments and incidents are also read.
    pub lookback: Option<Duration>,
    /// The maximum number of comparisons of deployments, and of requests for single runs of the workflow.
    pub max_requests: Option<usize>,
}

impl DoraOverrides {
    /// The settings of the repository.
    pub(super) fn apply_to(&self, common: &DoraSettings) -> DoraSettings {
        let (own, common) = (self.clone(), common.clone());
        DoraSettings {
            deployments: own.deployments.unwrap_or(common.deployments),
            environments: own.environments.unwrap_or(common.environments),
            prereleases: own.prereleases.unwrap_or(common.prereleases),
            tags: own.tags.unwrap_or(common.tags),
            workflow: own.workflow.unwrap_or(common.workflow),
            incident_labels: own.incident_labels.unwrap_or(common.incident_labels),
            failure_window: own.failure_window.unwrap_or(common.failure_window),
            lookback: own.lookback.unwrap_or(common.lookback),
            max_requests: own.max_requests.unwrap_or(common.max_requests),
        }
    }
}

fn deserialize_optional_environments<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    deserialize_environments(deserializer).map(Some)
}

fn deserialize_optional_file_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    deserialize_file_name(deserializer).map(Some)
}

fn deserialize_optional_labels<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    deserialize_labels(deserializer).map(Some)
}
