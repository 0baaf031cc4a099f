//! The tables of the settings file that belong to the reporter.

use std::{num::NonZero, path::PathBuf, time::Duration};

use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer, de};
use system_health_registry::{Tag, settings::duration, settings_table};

use crate::StateError;

/// Points of longer slots could be too old for a backend at the slot's end, or after one failed delivery.
const LONGEST_SLOT: Duration = Duration::from_mins(30);

/// The table `[report]`: how a run behaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct ReportSettings {
    /// The reporter's name, in the tag `reporter:` of the metrics about itself. Default: made of what it reports on.
    pub name: Option<String>,
    /// The names of the sinks to deliver to. Default: the only one that the settings configure.
    pub to: Vec<String>,
    /// How long the whole run may take, delivery included.
    #[serde(deserialize_with = "duration")]
    pub deadline: Duration,
    /// Maximum number of subjects whose metrics are collected at once.
    #[serde(deserialize_with = "subjects")]
    pub concurrency: NonZero<usize>,
    /// What makes a run fail, for a program that has an exit status.
    pub fail_on: FailOn,
    /// Tags for every sample.
    #[serde(deserialize_with = "crate::tags::deserialize")]
    pub tags: Vec<Tag>,
    /// Further tags, separated by commas or white space, as everything on a machine reads them from `DD_TAGS`.
    pub extra_tags: Option<String>,
    /// The tag `service:`; `system-health` unless another tag says so. With `env` and `version`, these are what
    /// <https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/> recommends.
    pub service: Option<String>,
    /// The tag `env:`; `development` unless another tag says so.
    pub env: Option<String>,
    /// The tag `version:`.
    pub version: Option<String>,
    /// The schedule slot on whose start the points of a run are put.
    #[serde(deserialize_with = "some_duration")]
    pub align: Option<Duration>,
    /// Whether a push also delivers metrics about the reporter itself.
    pub self_metrics: bool,
    /// Whether a push also sends events.
    pub events: bool,
}

/// The table `[state]`: what is kept between runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct StateSettings {
    /// The folder. Default: one such as `~/.local/state/system-health`.
    pub dir: Option<PathBuf>,
    /// How long runs are kept.
    #[serde(deserialize_with = "duration")]
    pub keep: Duration,
}

/// What makes a run fail. A failed delivery counts with each but `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Nothing that a metric or a delivery does.
    Never,
    /// A failed delivery.
    Delivery,
    /// A metric that failed, or a failed delivery.
    #[default]
    Error,
    /// A metric that failed or had no data, or a failed delivery.
    NoData,
    /// A goal that is missed, a metric that failed, or a failed delivery.
    Goal,
}

/// A schedule slot that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the slot is {0:?} long; it may be at most 30m, because there are backends that take no points of more than an hour ago"
)]
pub struct SlotError(Duration);

impl ReportSettings {
    /// The schedule slot, unless it is too long. Without one, points have the time at which the run started.
    pub fn slot(&self) -> Result<Duration, SlotError> {
        let align = self.align.unwrap_or_default();
        if align > LONGEST_SLOT { Err(SlotError(align)) } else { Ok(align) }
    }
}

impl StateSettings {
    /// The folder for state: the one that is named, or one such as `~/.local/state/system-health`.
    pub fn folder(&self) -> Result<PathBuf, StateError> {
        if let Some(named) = &self.dir {
            return Ok(named.clone());
        }
        let folders = etcetera::choose_base_strategy().map_err(|_| StateError::NoHome)?;
        Ok(folders.state_dir().unwrap_or_else(|| folders.data_dir()).join("system-health"))
    }
}

impl Default for ReportSettings {
    fn default() -> Self {
        Self {
            name: None,
            to: Vec::new(),
            deadline: Duration::from_mins(5),
            concurrency: const { NonZero::new(16).unwrap() },
            fail_on: FailOn::default(),
            tags: Vec::new(),
            extra_tags: None,
            service: None,
            env: None,
            version: None,
            align: None,
            self_metrics: true,
            events: true,
        }
    }
}

impl Default for StateSettings {
    fn default() -> Self {
        Self { dir: None, keep: Duration::from_hours(24 * 90) }
    }
}

// Datadog's names of the variables are those that people know, and its agents set them.
settings_table!(ReportSettings, "report", env: {
    "name" => "SYSTEM_HEALTH_REPORTER",
    "extra_tags" => "DD_TAGS",
    "service" => "DD_SERVICE",
    "env" => "DD_ENV",
    "version" => "DD_VERSION",
});
settings_table!(StateSettings, "state", env: { "dir" => "SYSTEM_HEALTH_STATE_DIR" });

/// Reads a duration that may be left out.
fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

/// Reads a number of subjects.
fn subjects<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZero<usize>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok()).and_then(NonZero::new);
    number.ok_or_else(|| {
        de::Error::custom(format!("{value} is not a number of subjects; write a whole number from 1"))
    })
}
