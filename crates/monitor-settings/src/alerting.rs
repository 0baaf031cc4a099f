//! How a monitor alerts. The settings of the monitor itself come first, then the attributes of its metrics, then the
//! settings of all monitors.

use system_health_registry::{
    Metric, Settings,
    alerting::{Alerting, OnMissingData, Schedule},
    self_metrics::is_self_metric,
};

use crate::{
    checks,
    settings::{MetricMonitorSettings, MonitorSettings},
};

/// The settings of all monitors.
#[derive(Clone, Copy)]
pub(crate) struct Defaults<'a> {
    pub(crate) settings: &'a MonitorSettings,
    pub(crate) schedule: Schedule,
    /// Knows where each setting was set, for errors.
    pub(crate) all_settings: &'a Settings,
}

/// The goal that a monitor watches.
pub(crate) struct WatchedGoal<'a> {
    /// Key of the metric, or name of a goal of two metrics.
    pub(crate) name: &'a str,
    /// One metric, or two. Either both or neither are about the reporter.
    pub(crate) metrics: &'a [&'a Metric],
    /// Value at which an alert ends, unless the settings override it.
    pub(crate) recovery: Option<f64>,
    /// Key, name or pattern of its table in [monitors.metrics], if it has one.
    pub(crate) pattern: Option<&'a str>,
}

impl Defaults<'_> {
    /// How a monitor of the reporter alerts. `for_goal` starts from this, and adds what applies only to the monitor of a goal.
    pub(crate) fn without_goal(&self, own: &MetricMonitorSettings, is_about_reporter: bool) -> Alerting {
        let all = self.settings;
        let group_by = if is_about_reporter { &all.reporter_by } else { &all.group_by };
        Alerting {
            notify: own.notify.clone().unwrap_or_else(|| all.notify.clone()),
            window: self.schedule.window(),
            recovery: None,
            on_missing_data: OnMissingData::default(),
            group_by: group_by.clone(),
            renotify: own.renotify.or(all.renotify),
            priority: own.priority.or(all.priority),
        }
    }

    /// How the monitor of a goal alerts. For two metrics, it notifies the recipients of both and has the longer window, unless
    /// its own settings differ.
    pub(crate) fn for_goal(
        &self,
        own: &MetricMonitorSettings,
        watched: &WatchedGoal<'_>,
    ) -> anyhow::Result<Alerting> {
        let WatchedGoal { name, metrics, .. } = watched;
        let general = self.without_goal(own, metrics.iter().any(|metric| is_self_metric(metric.key())));
        let mut handles: Vec<String> = Vec::new();
        for handle in metrics.iter().flat_map(|metric| &metric.monitoring().notify) {
            if !handles.contains(handle) {
                handles.push(handle.clone());
            }
        }
        let on_missing_data = own.on_missing_data.as_deref().and_then(OnMissingData::parse);
        let metrics_window = metrics.iter().filter_map(|metric| metric.monitoring().window).max();
        let alerting = Alerting {
            notify: if own.notify.is_none() && !handles.is_empty() { handles } else { general.notify },
            window: own.window.or(metrics_window).unwrap_or(general.window),
            recovery: own.recovery.or(watched.recovery),
            on_missing_data: on_missing_data.unwrap_or_default(),
            group_by: own.group_by.clone().unwrap_or(general.group_by),
            ..general
        };
        let checked = checks::check_goal_window(name, alerting.window, self.schedule.every);
        match watched.pattern.filter(|_| own.window.is_some()) {
            Some(pattern) => checks::at(self.all_settings, &format!("metrics.{pattern}.window"), checked)?,
            None => checks::at(self.all_settings, "every", checked)?,
        }
        Ok(alerting)
    }
}
