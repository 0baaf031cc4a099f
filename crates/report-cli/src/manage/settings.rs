//! Puts the settings of monitors together with what each metric's attribute says.

use anyhow::{Context as _, ensure};
use globset::{Glob, GlobMatcher};
use system_health_datadog::{
    Alerting, OnMissingData, Schedule, Scope, WantedMonitor, goal_monitor, is_watched_by_reporter_monitors,
    reporter_monitors, reporter_window,
};
use system_health_registry::{Catalog, Metric, Settings, check_recovery};

use super::checks;
use crate::{
    self_metrics::is_about_itself,
    settings::{MetricMonitorSettings, MonitorSettings},
};

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
    let overrides = checks::at(sources, "metrics", overrides)?;
    let mut monitors = Vec::new();
    for metric in catalog.metrics().iter().filter(|metric| !is_watched_by_reporter_monitors(metric.key())) {
        let alerting = overrides.alerting(metric, sources)?;
        monitors.extend(alerting.and_then(|alerting| goal_monitor(metric, scope, &alerting)));
    }
    let mut of_reporter = Vec::new();
    for metric in catalog.metrics() {
        let is_watched = reporter_window(metric.key(), schedule).is_some();
        if is_watched && let Some(alerting) = overrides.alerting_of_reporter(metric) {
            of_reporter.push((metric.key(), alerting));
        }
    }
    let keys: Vec<&str> = of_reporter.iter().map(|(key, _)| *key).collect();
    checks::check_reporter_windows(&keys, schedule, sources)?;
    monitors.extend(reporter_monitors(scope, schedule, |key| {
        of_reporter.iter().find(|(known, _)| *known == key).map(|(_, alerting)| alerting.clone())
    }));
    Ok(monitors)
}

/// When the reporter runs.
pub(super) fn schedule(settings: &MonitorSettings) -> Schedule {
    Schedule {
        every: settings.every,
        longest_gap: settings.longest_gap.unwrap_or(settings.every),
        missed: settings.missed,
    }
}

/// The settings of all monitors, and those of some metrics.
struct Overrides<'a> {
    settings: &'a MonitorSettings,
    schedule: Schedule,
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
            let place = checks::place(pattern);
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
        Ok(Self { settings, schedule, of_some, none: MetricMonitorSettings::default() })
    }

    fn of(&self, metric: &Metric) -> &MetricMonitorSettings {
        let found = self.of_some.iter().find(|(_, matcher, _)| matcher.is_match(metric.key()));
        found.map_or(&self.none, |(.., some)| some)
    }

    /// The settings of all monitors, with those of one metric that every monitor takes.
    fn general(&self, metric: &Metric) -> Alerting {
        let (some, all) = (self.of(metric), self.settings);
        let group_by = if is_about_itself(metric) { &all.reporter_by } else { &all.group_by };
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

    /// For the monitor of the reporter that is about a metric; none if it is turned off.
    fn alerting_of_reporter(&self, metric: &Metric) -> Option<Alerting> {
        self.of(metric).enabled.then(|| self.general(metric))
    }

    /// For the monitor of a metric's goal; none if it has no goal or the monitor is turned off.
    fn alerting(&self, metric: &Metric, sources: &Settings) -> anyhow::Result<Option<Alerting>> {
        let (some, general, key) = (self.of(metric), self.general(metric), metric.key());
        if !some.enabled || metric.goal().is_none() {
            return Ok(None);
        }
        if let Some(recovery) = some.recovery {
            let checked = check_recovery(recovery, metric.goal())
                .with_context(|| format!("`recovery` of {key} in [monitors.metrics]"));
            checks::at(sources, "metrics", checked)?;
        }
        let own: Vec<String> = metric.notify().iter().map(ToString::to_string).collect();
        let notify = if some.notify.is_none() && !own.is_empty() { own } else { general.notify };
        let on_missing_data = some.on_missing_data.as_deref().and_then(OnMissingData::parse);
        let alerting = Alerting {
            notify,
            window: some.window.or(metric.window()).unwrap_or(general.window),
            recovery: some.recovery.or(metric.recovery()),
            on_missing_data: on_missing_data.unwrap_or_default(),
            group_by: some.group_by.clone().unwrap_or(general.group_by),
            ..general
        };
        let set = if some.window.is_some() { "metrics" } else { "every" };
        let checked = checks::check_goal_window(key, alerting.window, self.schedule.every);
        checks::at(sources, set, checked)?;
        Ok(Some(alerting))
    }
}
