//! The monitors that Datadog should have, from the settings and from each metric's attributes.

use anyhow::Context as _;
use system_health_datadog::{
    Alerting, MonitorScope, WantedMonitor, goal_monitor, is_watched_by_reporter_monitors, reporter_monitors,
    reporter_window,
};
use system_health_registry::{Catalog, Metric, Settings, check_recovery, self_metrics::is_self_metric};
use system_health_reporter::{Goals, selected_by_settings};

use super::{
    alerting::{Defaults, Watched},
    checks::{self, at_metric},
    goals,
    overrides::Overrides,
    schedule::schedule,
    settings::{MetricMonitorSettings, MonitorSettings},
};

/// The monitors of the metrics of a catalog that are collected: one for each goal, and those of the reporter if its metrics are in the catalog.
pub(super) fn wanted_monitors(
    catalog: &Catalog,
    scope: &MonitorScope,
    sources: &Settings,
) -> anyhow::Result<Vec<WantedMonitor>> {
    let settings: MonitorSettings = sources.table()?;
    checks::check(&settings, sources)?;
    let schedule = schedule(&settings);
    let goals = Goals::from_settings(catalog, sources)?;
    let overrides = Overrides::new((catalog, &goals), &settings, schedule, sources)?;
    // A file may have goals and settings of monitors for metrics that it does not select.
    let catalog = &selected_by_settings(catalog.clone(), sources)?;
    let defaults = Defaults { settings: &settings, schedule, sources };
    let mut monitors = Vec::new();
    for metric in catalog.metrics().iter().filter(|metric| !is_watched_by_reporter_monitors(metric.key())) {
        let alerting = alerting(metric, overrides.get(metric.key()), defaults)?;
        monitors.extend(alerting.and_then(|alerting| goal_monitor(metric, scope, &alerting)));
    }
    monitors.extend(goals::monitors(&goals, catalog, scope, (&overrides, defaults))?);
    let mut about_reporter = Vec::new();
    for metric in catalog.metrics() {
        let is_watched = reporter_window(metric.key(), schedule).is_some();
        let (_, some) = overrides.get(metric.key());
        if is_watched && some.enabled {
            about_reporter.push((metric.key(), defaults.without_goal(some, is_self_metric(metric.key()))));
        }
    }
    let keys: Vec<&str> = about_reporter.iter().map(|(key, _)| *key).collect();
    checks::check_reporter_windows(&keys, schedule, sources)?;
    monitors.extend(reporter_monitors(scope, schedule, |key| {
        about_reporter.iter().find(|(known, _)| *known == key).map(|(_, alerting)| alerting.clone())
    }));
    Ok(monitors)
}

/// How the monitor of a metric's goal alerts. `None` if the metric has no goal, or its monitor is disabled.
fn alerting(
    metric: &Metric,
    (pattern, some): (Option<&str>, &MetricMonitorSettings),
    defaults: Defaults<'_>,
) -> anyhow::Result<Option<Alerting>> {
    if !some.enabled || metric.goal().is_none() {
        return Ok(None);
    }
    if let Some(recovery) = some.recovery {
        let checked = check_recovery(recovery, metric.goal())
            .with_context(|| format!("`recovery` of {} in [monitors.metrics]", metric.key()));
        at_metric(defaults.sources, &format!("{}.recovery", pattern.unwrap_or_default()), checked)?;
    }
    let recovery = metric.monitoring().recovery;
    let watched = Watched { name: metric.key(), metrics: &[metric], recovery, pattern };
    defaults.for_goal(some, &watched).map(Some)
}
