//! The table `[monitors]`: what alerts, when, and whom it notifies.

use std::{collections::BTreeMap, ops::RangeInclusive, time::Duration};

use serde::{Deserialize, Deserializer, de};
use system_health_registry::{alerting::Schedule, check_handle, settings_table};

/// The table `[monitors]`: what alerts, when, and whom it notifies.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct MonitorSettings {
    /// Time from one run of the reporter to the next.
    pub(crate) every: Duration,
    /// Longest time between two runs, such as a weekend. Default: `every`.
    pub(crate) longest_gap: Option<Duration>,
    /// Number of consecutive missed or failed runs after which somebody is notified.
    #[serde(deserialize_with = "runs")]
    pub(crate) missed: u32,
    /// Who is notified.
    #[serde(deserialize_with = "handles")]
    pub(crate) notify: Vec<String>,
    /// Names of tags; each combination of their values has its own alert.
    pub(crate) group_by: Vec<String>,
    /// `group_by` for the metrics about the reporter, which have other tags.
    pub(crate) reporter_by: Vec<String>,
    /// Time after which an alert is repeated.
    pub(crate) renotify: Option<Duration>,
    /// From 1 (high) to 5 (low).
    #[serde(deserialize_with = "priority")]
    pub(crate) priority: Option<u8>,
    /// Settings for single monitors, by the key of a metric, the name of a goal of two metrics, or a pattern for either.
    pub(crate) metrics: BTreeMap<String, MetricMonitorSettings>,
}

/// One table of `[monitors.metrics]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MetricMonitorSettings {
    /// Whether there is a monitor.
    pub(crate) enabled: bool,
    /// Who is notified.
    #[serde(deserialize_with = "some_handles")]
    pub(crate) notify: Option<Vec<String>>,
    /// The evaluation window.
    pub(crate) window: Option<Duration>,
    /// The value at which an alert ends.
    pub(crate) recovery: Option<f64>,
    /// What happens if the window contains no value: a name that Datadog uses.
    pub(crate) on_missing_data: Option<String>,
    /// Names of tags; each combination of their values has its own alert.
    pub(crate) group_by: Option<Vec<String>>,
    /// Time after which an alert is repeated.
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

impl MonitorSettings {
    /// How often the reporter runs.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule {
            every: self.every,
            longest_gap: self.longest_gap.unwrap_or(self.every),
            missed: self.missed,
        }
    }
}

settings_table!(MonitorSettings, "monitors", template: include_str!("settings.toml"), shown: |_| true);

/// Reads a whole number in a range; the error says what would be right.
fn number<'de, D: Deserializer<'de>, T: TryFrom<u64> + PartialOrd>(
    deserializer: D,
    range: RangeInclusive<T>,
    expected: &str,
) -> Result<T, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_u64().and_then(|number| T::try_from(number).ok());
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| de::Error::custom(format!("{value} is not {expected}")))
}

/// Reads a number of runs. Its maximum comes from the queries of the reporter's monitors, in which one good run outweighs 1000
/// bad runs.
fn runs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(deserializer, 1..=1000, "a number of runs; write a whole number from 1 to 1000")
}

/// Reads the priority of a monitor.
fn priority<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    number(deserializer, 1..=5, "a priority; write a whole number from 1 (high) to 5 (low)").map(Some)
}

/// Reads handles such as `@slack-ops`.
fn handles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let handles = Vec::<String>::deserialize(deserializer)?;
    handles.iter().try_for_each(|handle| check_handle(handle)).map_err(de::Error::custom)?;
    Ok(handles)
}

/// Reads handles that may be left out.
fn some_handles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    handles(deserializer).map(Some)
}
