//! The settings table `[metrics]`: which metrics are enabled, over which time they are measured, and how often.

#![expect(clippy::mutable_key_type, reason = "patterns are ordered by their text, which never changes")]

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use crate::{KeyPattern, settings, settings_table};

/// The settings table `[metrics]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct MetricSettings {
    /// The metrics that are collected in addition to those that are enabled by default: patterns for their keys.
    pub enable: Vec<KeyPattern>,
    /// The length of the window over which metrics are measured. Default: 7 days.
    pub window: Duration,
    /// The windows of single metrics, by patterns for their keys.
    pub windows: BTreeMap<KeyPattern, WindowLength>,
    /// How often a service collects single metrics, by patterns for their keys.
    pub every: BTreeMap<KeyPattern, Every>,
}

/// The length of the window of some metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct WindowLength(pub Duration);

/// The time between two collections of some metrics by a service: whole seconds, at least 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Every(#[serde(deserialize_with = "settings::deserialize_every")] pub Duration);

settings_table!(MetricSettings, "metrics", template: include_str!("metrics.toml"), shown: |_| true);

impl MetricSettings {
    /// The length of the window of a metric. If several patterns match its key, the longest one counts. A pattern that is equal
    /// to the key comes before all others.
    #[must_use]
    pub fn window_of(&self, key: &str) -> Duration {
        most_specific(&self.windows, key).map_or(self.window, |length| length.0)
    }

    /// How often a service collects a metric, if the settings say so. Otherwise, its option `every` applies. If several
    /// patterns match its key, the longest one counts. A pattern that is equal to the key comes before all others.
    #[must_use]
    pub fn collection_interval(&self, key: &str) -> Option<Duration> {
        most_specific(&self.every, key).map(|every| every.0)
    }
}

/// The value of the pattern that is equal to a key. If there is none, the value of the longest pattern that matches the key.
fn most_specific<T: Copy>(by_pattern: &BTreeMap<KeyPattern, T>, key: &str) -> Option<T> {
    let matching = by_pattern.iter().filter(|(pattern, _)| pattern.is_match(key));
    // If several patterns have the same length, `max_by_key` returns the last one in alphabetical order.
    let most_specific = matching.max_by_key(|(pattern, _)| (pattern.as_str() == key, pattern.as_str().len()));
    most_specific.map(|(_, value)| *value)
}

impl Default for MetricSettings {
    fn default() -> Self {
        Self {
            enable: Vec::new(),
            window: Duration::from_hours(7 * 24),
            windows: BTreeMap::new(),
            every: BTreeMap::new(),
        }
    }
}
