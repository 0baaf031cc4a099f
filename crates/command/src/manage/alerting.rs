//! How a monitor alerts: its own settings, then what its metrics say of themselves, then the settings of all monitors.

use system_health_datadog::{Alerting, OnMissingData, Schedule};
use system_health_registry::{Metric, Settings, self_metrics::is_self_metric};

use super::checks;
use crate::settings::monitors::{MetricMonitorSettings, MonitorSettings};

/// The settings of all monitors.
#[derive(Clone, Copy)]
pub(super) struct Defaults<'a> {
    pub(super) settings: &'a MonitorSettings,
    pub(super) schedule: Schedule,
    /// Where each of them was set.
    pub(super) sources: &'a Settings,
}

/// What a monitor of a goal is about.
pub(super) struct Watched<'a> {
    /// The key of the metric, or the name of the goal.
    pub(super) name: &'a str,
    /// One metric, or two of which both or none are about the reporter.
    pub(super) metrics: &'a [&'a Metric],
    /// The value at which an alert ends, unless the settings say another one.
    pub(super) recovery: Option<f64>,
    /// The table of [monitors] that has its settings.
    pub(super) table: &'static str,
}

impl Defaults<'_> {
    /// What goes for every monitor, the reporter's own ones, too.
    pub(super) fn general(&self, some: &MetricMonitorSettings, about_itself: bool) -> Alerting {
        let all = self.settings;
        let group_by = if about_itself { &all.reporter_by } else { &all.group_by };
        Alerting {
            notify: some.notify.clone().unwrap_or_else(|| all.notify.clone()),
            window: self.schedule.window(),
            recovery: None,
            on_missing_data: OnMissingData::default(),
            group_by: group_by.clone(),
            renotify: some.renotify.or(all.renotify),
            priority: some.priority.or(all.priority),
        }
    }

    /// For the monitor of a goal. Two metrics notify whom either one names, and look back as far as either one has to.
    pub(super) fn of_goal(
        &self,
        some: &MetricMonitorSettings,
        watched: &Watched<'_>,
    ) -> anyhow::Result<Alerting> {
        let Watched { name, metrics, .. } = watched;
        let general = self.general(some, metrics.iter().any(|metric| is_self_metric(metric.key())));
        let mut own: Vec<String> = Vec::new();
        for handle in metrics.iter().flat_map(|metric| &metric.monitoring().notify) {
            if !own.iter().any(|known| known == handle) {
                own.push(handle.clone());
            }
        }
        let on_missing_data = some.on_missing_data.as_deref().and_then(OnMissingData::parse);
        let own_window = metrics.iter().filter_map(|metric| metric.monitoring().window).max();
        let alerting = Alerting {
            notify: if some.notify.is_none() && !own.is_empty() { own } else { general.notify },
            window: some.window.or(own_window).unwrap_or(general.window),
            recovery: some.recovery.or(watched.recovery),
            on_missing_data: on_missing_data.unwrap_or_default(),
            group_by: some.group_by.clone().unwrap_or(general.group_by),
            ..general
        };
        let set = if some.window.is_some() { watched.table } else { "every" };
        let checked = checks::check_goal_window(name, alerting.window, self.schedule.every);
        checks::at(self.sources, set, checked)?;
        Ok(alerting)
    }
}
