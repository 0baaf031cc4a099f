//! Puts the settings of monitors together with what each metric's attribute says.

use anyhow::{Context as _, ensure};
use globset::{Glob, GlobMatcher};
use system_health_datadog::{
    Alerting, Schedule, Scope, WantedMonitor, goal_monitor, is_watched_by_reporter_monitors,
    reporter_monitors, reporter_window,
};
use system_health_registry::{Catalog, Metric, Settings, check_recovery, self_metrics::is_self_metric};

use super::{
    alerting::{Defaults, Watched},
    checks::{self, METRICS},
    goals,
    schedule::schedule,
};
use crate::settings::monitors::{MetricMonitorSettings, MonitorSettings};

/// The monitors of a catalog: one for each goal, and those of the reporter if its metrics are in the catalog.
pub(super) fn monitors(
    catalog: &Catalog,
    scope: &Scope,
    sources: &Settings,
) -> anyhow::Result<Vec<WantedMonitor>> {
    let settings: MonitorSettings = sources.table()?;
    checks::check(&settings, sources)?;
    let schedule = schedule(&settings);
    let overrides = Overrides::new(catalog, &settings, schedule);
    let overrides = checks::at(sources, METRICS, overrides)?;
    let defaults = Defaults { settings: &settings, schedule, sources };
    let mut monitors = Vec::new();
    for metric in catalog.metrics().iter().filter(|metric| !is_watched_by_reporter_monitors(metric.key())) {
        let alerting = alerting(metric, overrides.of(metric), defaults)?;
        monitors.extend(alerting.and_then(|alerting| goal_monitor(metric, scope, &alerting)));
    }
    monitors.extend(goals::monitors(catalog, scope, defaults)?);
    let mut of_reporter = Vec::new();
    for metric in catalog.metrics() {
        let is_watched = reporter_window(metric.key(), schedule).is_some();
        let some = overrides.of(metric);
        if is_watched && some.enabled {
            of_reporter.push((metric.key(), defaults.general(some, is_self_metric(metric.key()))));
        }
    }
    let keys: Vec<&str> = of_reporter.iter().map(|(key, _)| *key).collect();
    checks::check_reporter_windows(&keys, schedule, sources)?;
    monitors.extend(reporter_monitors(scope, schedule, |key| {
        of_reporter.iter().find(|(known, _)| *known == key).map(|(_, alerting)| alerting.clone())
    }));
    Ok(monitors)
}

/// For the monitor of a metric's goal; none if it has no goal or the monitor is turned off.
fn alerting(
    metric: &Metric,
    some: &MetricMonitorSettings,
    defaults: Defaults<'_>,
) -> anyhow::Result<Option<Alerting>> {
    if !some.enabled || metric.goal().is_none() {
        return Ok(None);
    }
    if let Some(recovery) = some.recovery {
        let checked = check_recovery(recovery, metric.goal())
            .with_context(|| format!("`recovery` of {} in [monitors.metrics]", metric.key()));
        checks::at(defaults.sources, METRICS, checked)?;
    }
    let recovery = metric.monitoring().recovery;
    let watched = Watched { name: metric.key(), metrics: &[metric], recovery, table: METRICS };
    defaults.of_goal(some, &watched).map(Some)
}

/// The settings of some metrics.
struct Overrides<'a> {
    /// The most exact pattern first.
    of_some: Vec<(&'a str, GlobMatcher, &'a MetricMonitorSettings)>,
    none: MetricMonitorSettings,
}

impl<'a> Overrides<'a> {
    /// A pattern that matches nothing is an error: somebody believes that it does something.
    fn new(catalog: &Catalog, settings: &'a MonitorSettings, schedule: Schedule) -> anyhow::Result<Self> {
        let is_of_reporter = |key: &str| reporter_window(key, schedule).is_some();
        let has_monitor = |metric: &&Metric| {
            let is_of_goal = metric.goal().is_some() && !is_watched_by_reporter_monitors(metric.key());
            is_of_goal || is_of_reporter(metric.key())
        };
        let keys: Vec<&str> =
            catalog.metrics().iter().filter(has_monitor).map(|metric| metric.key()).collect();
        let mut of_some = Vec::new();
        for (pattern, some) in &settings.metrics {
            let place = checks::place(METRICS, pattern);
            let matcher = Glob::new(pattern).with_context(|| place.clone())?.compile_matcher();
            let found: Vec<&&str> = keys.iter().filter(|key| matcher.is_match(key)).collect();
            ensure!(
                !found.is_empty(),
                "{place} matches no metric with a monitor; there are {}",
                keys.join(", ")
            );
            let sets_more = some.window.is_some()
                || some.recovery.is_some()
                || some.on_missing_data.is_some()
                || some.group_by.is_some();
            ensure!(
                !(sets_more && found.iter().all(|key| is_of_reporter(key))),
                "{place}: the reporter's own monitors take only `enabled`, `notify`, `renotify` and `priority`; \
                 `every`, `longest_gap`, `missed` and `reporter_by` in [monitors] set the rest"
            );
            of_some.push((pattern.as_str(), matcher, some));
        }
        let is_pattern = |text: &str| text.contains(['*', '?', '[', '{']);
        of_some.sort_by_key(|(pattern, ..)| (is_pattern(pattern), usize::MAX - pattern.len()));
        Ok(Self { of_some, none: MetricMonitorSettings::default() })
    }

    fn of(&self, metric: &Metric) -> &MetricMonitorSettings {
        let found = self.of_some.iter().find(|(_, matcher, _)| matcher.is_match(metric.key()));
        found.map_or(&self.none, |(.., some)| some)
    }
}
