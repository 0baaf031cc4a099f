//! A monitor as it should be, and what goes for it beyond its goal.

use std::time::Duration;

use datadog_api_client::datadogV1::model::{Monitor, MonitorOptions, MonitorThresholds, MonitorType};
use serde_json::Value;

use super::{OnMissingData, Scope};
use crate::{DatadogError, json::json, managed::Document};

/// The tag of all managed monitors. Those without it are never touched.
pub(super) const MANAGED: &str = "managed_by:system-health";
/// The name of the tag that says what a managed monitor is about.
const METRIC: &str = "metric";

/// How a monitor alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Alerting {
    /// Who is notified: handles such as `@slack-platform`.
    pub notify: Vec<String>,
    /// The evaluation window, in whole minutes. It should hold at least one point at any time.
    pub window: Duration,
    /// The value at which an alert ends. Default: where the goal is met.
    pub recovery: Option<f64>,
    /// What happens when the window holds no value.
    pub on_missing_data: OnMissingData,
    /// The tags of which each value has an alert of its own.
    pub group_by: Vec<String>,
    /// The time after which somebody is notified again. Default: never.
    pub renotify: Option<Duration>,
    /// From 1 (high) to 5 (low). Default: none.
    pub priority: Option<u8>,
}

/// A monitor that Datadog should have.
#[derive(Debug, Clone)]
pub struct WantedMonitor {
    /// With the mark.
    pub(super) monitor: Monitor,
    pub(super) document: Document,
    pub(super) metric: String,
    notifies_somebody: bool,
}

/// What makes a monitor.
pub(super) struct Recipe<'a> {
    /// What it is about: its identity within a scope.
    pub(super) metric: &'a str,
    pub(super) name: String,
    /// The part of the query before the comparison.
    pub(super) value: String,
    /// When it alerts.
    pub(super) comparator: &'static str,
    pub(super) critical: f64,
    pub(super) message: String,
    /// Beyond those that all managed monitors have.
    pub(super) tags: Vec<String>,
}

impl WantedMonitor {
    pub(super) fn new(recipe: Recipe<'_>, scope: &Scope, alerting: &Alerting) -> Self {
        let Recipe { metric, name, value, comparator, critical, message, tags } = recipe;
        let mut thresholds = MonitorThresholds::new().critical(critical);
        if let Some(recovery) = alerting.recovery {
            thresholds = thresholds.critical_recovery(Some(recovery));
        }
        let mut options = MonitorOptions::new()
            .thresholds(thresholds)
            .include_tags(true)
            // Points are few and far between: a window that is not full is the rule.
            .require_full_window(false)
            .on_missing_data(alerting.on_missing_data.into());
        if let Some(renotify) = alerting.renotify {
            options = options.renotify_interval(Some(minutes(renotify)));
        }
        let identity = [MANAGED.to_owned(), tag_of(metric)];
        let mut monitor = Monitor::new(format!("{value} {comparator} {critical}"), MonitorType::QUERY_ALERT)
            .name(name)
            .message(message.clone())
            .tags(identity.into_iter().chain(scope.tags().iter().cloned()).chain(tags).collect())
            .options(options);
        if let Some(priority) = alerting.priority {
            monitor = monitor.priority(Some(priority.into()));
        }
        let document = Document::of_monitor(&json(&monitor).unwrap_or_default());
        monitor.message = Some(document.marked(&message));
        Self { monitor, document, metric: metric.to_owned(), notifies_somebody: !alerting.notify.is_empty() }
    }

    /// The key of the metric that it is about.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// Whether its message names anybody to notify.
    #[must_use]
    pub fn notifies_somebody(&self) -> bool {
        self.notifies_somebody
    }

    /// What would be sent, as JSON.
    pub fn json(&self) -> Result<Value, DatadogError> {
        json(&self.monitor)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.monitor.name.as_deref().unwrap_or_default()
    }
}

/// The tag that says what a monitor is about.
pub(super) fn tag_of(metric: &str) -> String {
    format!("{METRIC}:{metric}")
}

/// A time in Datadog's whole minutes.
pub(super) fn minutes(time: Duration) -> i64 {
    i64::try_from(time.as_secs().div_ceil(60)).unwrap_or(i64::MAX)
}
