//! A monitor that Datadog should have.

use std::time::Duration;

use datadog_api_client::datadogV1::model::{Monitor, MonitorOptions, MonitorThresholds, MonitorType};
use serde_json::Value;
use system_health_registry::alerting::Alerting;

use super::{MonitorScope, on_missing_data};
use crate::{
    client::{DatadogError, json},
    manage::document::CanonicalDocument,
};

/// Tag of all managed monitors. Monitors without it are never changed.
pub(super) const MANAGED: &str = "managed_by:system-health";
/// Name of the tag whose value is the key of the watched metric, or the name of a goal.
const METRIC: &str = "metric";

/// A monitor that Datadog should have.
#[derive(Debug, Clone)]
pub struct WantedMonitor {
    /// The monitor with the mark in its message.
    pub(super) monitor: Monitor,
    pub(super) document: CanonicalDocument,
    pub(super) metric: String,
    notifies_somebody: bool,
}

/// The parts from which a monitor is made.
pub(super) struct MonitorParts<'a> {
    /// Key of the metric, or name of the goal. Unique in a scope.
    pub(super) metric: &'a str,
    pub(super) name: String,
    /// The part of the query before the comparison.
    pub(super) value: String,
    /// The comparison of the query's value with `critical`.
    pub(super) comparator: &'static str,
    pub(super) critical: f64,
    pub(super) message: String,
    /// Tags in addition to those of all managed monitors.
    pub(super) tags: Vec<String>,
}

impl WantedMonitor {
    pub(super) fn new(
        parts: MonitorParts<'_>,
        scope: &MonitorScope,
        alerting: &Alerting,
    ) -> Result<Self, DatadogError> {
        let MonitorParts { metric, name, value, comparator, critical, message, tags } = parts;
        let mut thresholds = MonitorThresholds::new().critical(critical);
        if let Some(recovery) = alerting.recovery {
            thresholds = thresholds.critical_recovery(Some(recovery));
        }
        let mut options = MonitorOptions::new()
            .thresholds(thresholds)
            .include_tags(true)
            // Points are sparse, so windows are never full.
            .require_full_window(false)
            .on_missing_data(on_missing_data::option(alerting.on_missing_data));
        if let Some(renotify) = alerting.renotify {
            options = options.renotify_interval(Some(minutes(renotify)));
        }
        let identity = [MANAGED.to_owned(), metric_tag(metric)];
        let mut monitor = Monitor::new(format!("{value} {comparator} {critical}"), MonitorType::QUERY_ALERT)
            .name(name)
            .message(message.clone())
            .tags(identity.into_iter().chain(scope.tags().iter().cloned()).chain(tags).collect())
            .options(options);
        if let Some(priority) = alerting.priority {
            monitor = monitor.priority(Some(priority.into()));
        }
        let document = CanonicalDocument::from_monitor(&json(&monitor)?);
        monitor.message = Some(document.marked(&message));
        Ok(Self {
            monitor,
            document,
            metric: metric.to_owned(),
            notifies_somebody: !alerting.notify.is_empty(),
        })
    }

    /// Key of the metric, or name of the goal, that it watches.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// Whether it has recipients.
    #[must_use]
    pub fn notifies_somebody(&self) -> bool {
        self.notifies_somebody
    }

    /// The monitor as JSON, as it is pushed.
    pub fn json(&self) -> Result<Value, DatadogError> {
        json(&self.monitor)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.monitor.name.as_deref().unwrap_or_default()
    }
}

/// The tag whose value is the key of the metric, or the name of the goal.
pub(super) fn metric_tag(metric: &str) -> String {
    format!("{METRIC}:{metric}")
}

/// The key of the metric, or the name of the goal, if this is its tag.
pub(super) fn metric_of_tag(tag: &str) -> Option<&str> {
    tag.strip_prefix(METRIC)?.strip_prefix(':')
}

/// A duration in whole minutes, rounded up.
pub(super) fn minutes(time: Duration) -> i64 {
    i64::try_from(time.as_secs().div_ceil(60)).unwrap_or(i64::MAX)
}
