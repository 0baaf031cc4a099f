//! The tables of the settings file that belong to the command itself, and how its layers are put
//! together: defaults, file, environment, flags.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};
use system_health_registry::{
    Settings, check_handle,
    settings::{Origin, SettingsBuilder, SettingsError, duration},
    settings_table,
};

use crate::args::{FailOn, RepositoryArguments, SettingsArguments};

const DEFAULT_FILE: &str = "system-health.toml";

/// The table `[report]`: how a run behaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct ReportSettings {
    /// The reporter's name, in the tag `reporter:` of the metrics about itself.
    pub(crate) name: Option<String>,
    /// How long the whole run may take, delivery included.
    #[serde(deserialize_with = "duration")]
    pub(crate) deadline: Duration,
    /// What makes the exit status other than 0.
    pub(crate) fail_on: FailOn,
    /// Tags for every sample.
    #[serde(deserialize_with = "crate::tags::deserialize")]
    pub(crate) tags: Vec<system_health_registry::Tag>,
    /// The schedule slot on whose start the points of a run are put.
    #[serde(deserialize_with = "some_duration")]
    pub(crate) align: Option<Duration>,
    /// Whether a push also delivers metrics about the reporter itself.
    pub(crate) self_metrics: bool,
    /// Whether a push also sends events.
    pub(crate) events: bool,
}

/// The table `[state]`: what is kept between runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct StateSettings {
    /// The folder.
    pub(crate) dir: Option<PathBuf>,
    /// How long runs are kept.
    #[serde(deserialize_with = "duration")]
    pub(crate) keep: Duration,
}

/// The table `[datadog]`: where reports are delivered to, and Datadog's unified service tags.
/// See <https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/>.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct DatadogSettings {
    /// The site, such as `datadoghq.eu`.
    pub(crate) site: String,
    /// An endpoint instead of the site's.
    pub(crate) url: Option<String>,
    /// The tag `service:`; `system-health` unless another tag says so.
    pub(crate) service: Option<String>,
    /// The tag `env:`; `development` unless another tag says so.
    pub(crate) env: Option<String>,
    /// The tag `version:`.
    pub(crate) version: Option<String>,
}

/// The table `[monitors]`: when Datadog alerts, and whom it notifies.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct MonitorSettings {
    /// The time from one run of the reporter to the next.
    #[serde(deserialize_with = "duration")]
    pub(crate) every: Duration,
    /// The longest time between two runs, such as a weekend; `every` unless set.
    #[serde(deserialize_with = "some_duration")]
    pub(crate) longest_gap: Option<Duration>,
    /// The number of runs in a row that may be missed, or fail, until somebody is notified.
    #[serde(deserialize_with = "runs")]
    pub(crate) missed: u32,
    /// Who is notified.
    #[serde(deserialize_with = "handles")]
    pub(crate) notify: Vec<String>,
    /// The tags of which each value has an alert of its own.
    pub(crate) group_by: Vec<String>,
    /// The same for metrics about the reporter, which have other tags.
    pub(crate) reporter_by: Vec<String>,
    /// The time after which somebody is notified again.
    #[serde(deserialize_with = "some_duration")]
    pub(crate) renotify: Option<Duration>,
    /// From 1 (high) to 5 (low).
    #[serde(deserialize_with = "priority")]
    pub(crate) priority: Option<u8>,
    /// Settings for some metrics, by key or pattern.
    pub(crate) metrics: BTreeMap<String, MetricMonitorSettings>,
}

/// Settings for the monitors of some metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MetricMonitorSettings {
    /// Whether there is one.
    pub(crate) enabled: bool,
    /// Who is notified.
    #[serde(deserialize_with = "some_handles")]
    pub(crate) notify: Option<Vec<String>>,
    /// The evaluation window.
    #[serde(deserialize_with = "some_duration")]
    pub(crate) window: Option<Duration>,
    /// The value at which an alert ends.
    pub(crate) recovery: Option<f64>,
    /// What happens when the window holds no value, by Datadog's name for it.
    pub(crate) on_missing_data: Option<String>,
    /// The tags of which each value has an alert of its own.
    pub(crate) group_by: Option<Vec<String>>,
    /// The time after which somebody is notified again.
    #[serde(deserialize_with = "some_duration")]
    pub(crate) renotify: Option<Duration>,
    /// From 1 (high) to 5 (low).
    #[serde(deserialize_with = "priority")]
    pub(crate) priority: Option<u8>,
}

impl Default for MonitorSettings {
    fn default() -> Self {
        Self {
            every: Duration::from_mins(15),
            longest_gap: None,
            missed: 3,
            notify: Vec::new(),
            group_by: Vec::new(),
            reporter_by: vec!["reporter".to_owned()],
            renotify: None,
            priority: None,
            metrics: BTreeMap::new(),
        }
    }
}

impl Default for MetricMonitorSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            notify: None,
            window: None,
            recovery: None,
            on_missing_data: None,
            group_by: None,
            renotify: None,
            priority: None,
        }
    }
}

impl Default for ReportSettings {
    fn default() -> Self {
        Self {
            name: None,
            deadline: Duration::from_mins(5),
            fail_on: FailOn::default(),
            tags: Vec::new(),
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

impl Default for DatadogSettings {
    fn default() -> Self {
        Self { site: "datadoghq.com".to_owned(), url: None, service: None, env: None, version: None }
    }
}

settings_table!(ReportSettings, "report", env: { "name" => "SYSTEM_HEALTH_REPORTER" });
settings_table!(MonitorSettings, "monitors");
settings_table!(StateSettings, "state", env: { "dir" => "SYSTEM_HEALTH_STATE_DIR" });
settings_table!(DatadogSettings, "datadog", env: {
    "site" => "DD_SITE",
    "url" => "DD_URL",
    "service" => "DD_SERVICE",
    "env" => "DD_ENV",
    "version" => "DD_VERSION",
});

/// The settings file and what is set in the environment.
pub(crate) fn builder(arguments: &SettingsArguments) -> Result<SettingsBuilder, SettingsError> {
    let mut builder = Settings::builder();
    // A variable without a value counts as not set; a link that leads nowhere counts as a file.
    let named = arguments.config.as_deref().filter(|file| !file.as_os_str().is_empty());
    let default = || Some(Path::new(DEFAULT_FILE)).filter(|file| file.symlink_metadata().is_ok());
    if let Some(file) = named.or_else(default) {
        tracing::debug!("settings from {}", file.display());
        builder = builder.file(file)?;
    }
    Ok(builder.environment())
}

/// The settings of a run.
pub(crate) fn load(
    arguments: &SettingsArguments,
    repository: &RepositoryArguments,
) -> Result<Settings, SettingsError> {
    let mut builder = builder(arguments)?;
    if let Some(repo) = &repository.repo {
        builder = builder.set("repository", "name", repo.as_str(), Origin::Flag("--repo"));
    }
    if let Some(branch) = &repository.branch {
        builder = builder.set("repository", "branch", branch.as_str(), Origin::Flag("--branch"));
    }
    builder.build()
}

/// Reads a duration that may be left out.
fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

/// Reads a whole number in a range; the error says what would be right.
fn number<'de, D: Deserializer<'de>, T: TryFrom<u64> + PartialOrd>(
    deserializer: D,
    range: RangeInclusive<T>,
    right: &str,
) -> Result<T, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_u64().and_then(|number| T::try_from(number).ok());
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| de::Error::custom(format!("{value} is not {right}")))
}

/// Reads a number of runs. A good run outweighs as many bad ones in the queries of the reporter's monitors.
fn runs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(deserializer, 1..=1000, "a number of runs; write a whole number from 1 to 1000")
}

/// Reads the priority of a monitor.
fn priority<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    number(deserializer, 1..=5, "a priority; write a whole number from 1 (high) to 5 (low)").map(Some)
}

/// Reads who is notified: handles as Datadog's messages have them.
fn handles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let handles = Vec::<String>::deserialize(deserializer)?;
    handles.iter().try_for_each(|handle| check_handle(handle)).map_err(de::Error::custom)?;
    Ok(handles)
}

/// Reads handles that may be left out.
fn some_handles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    handles(deserializer).map(Some)
}
