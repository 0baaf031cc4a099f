//! What the settings say of monitors, put together with what each metric says of itself.

use std::time::Duration;

use anyhow::bail;
use globset::Glob;
use system_health_datadog::{
    Alerting, Schedule, Scope, WantedMonitor, goal_monitor, is_watched_by_reporter_monitors,
    reporter_monitors,
};
use system_health_registry::{Catalog, Metric};

use crate::settings::{MetricMonitorSettings, MonitorSettings};

/// A day: what Datadog takes for the time without data, and enough for all else.
const LONGEST_WINDOW: Duration = Duration::from_hours(24);

/// The monitors of a catalog: one for each goal, and those of the reporter if it says anything of itself.
pub(super) fn monitors(
    catalog: &Catalog,
    scope: &Scope,
    settings: &MonitorSettings,
) -> anyhow::Result<Vec<WantedMonitor>> {
    check(settings)?;
    let overrides = Overrides::new(catalog, settings)?;
    let schedule = Schedule { every: settings.every, missed: settings.missed };
    let mut monitors = Vec::new();
    for metric in catalog.metrics().iter().filter(|metric| !is_watched_by_reporter_monitors(metric.key())) {
        let alerting = overrides.alerting(metric, settings, schedule)?;
        monitors.extend(alerting.and_then(|alerting| goal_monitor(metric, scope, &alerting)));
    }
    if catalog.metrics().iter().any(|metric| is_watched_by_reporter_monitors(metric.key())) {
        monitors.extend(reporter_monitors(scope, schedule, &general(settings, schedule)));
    }
    Ok(monitors)
}

/// Refuses what Datadog's monitors cannot do.
/// See <https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor>.
fn check(settings: &MonitorSettings) -> anyhow::Result<()> {
    let whole_minutes =
        |time: Duration| !time.is_zero() && time.as_secs().is_multiple_of(60) && time.subsec_nanos() == 0;
    if settings.missed == 0 {
        bail!("`missed` in [monitors] is 0; it has to be at least 1 run");
    }
    let patience = settings.every.saturating_mul(settings.missed.max(2));
    if !whole_minutes(settings.every) || patience > LONGEST_WINDOW {
        bail!(
            "`every` in [monitors] is {:?}; it has to be whole minutes, and all missed runs together at most 24h",
            settings.every
        );
    }
    for (pattern, said) in &settings.metrics {
        for (name, time, most) in [
            ("window", said.window, LONGEST_WINDOW * 7),
            ("no_data", said.no_data, LONGEST_WINDOW),
            ("renotify", said.renotify, LONGEST_WINDOW),
        ] {
            if let Some(time) = time
                && (!whole_minutes(time) || time > most)
            {
                bail!(
                    "`{name}` in [monitors.metrics.\"{pattern}\"] is {time:?}; it has to be whole minutes, and at most {}",
                    humantime::format_duration(most)
                );
            }
        }
    }
    Ok(())
}

/// What goes for all monitors.
fn general(settings: &MonitorSettings, schedule: Schedule) -> Alerting {
    Alerting {
        notify: settings.notify.clone(),
        window: schedule.window(),
        recovery: None,
        no_data: None,
        group_by: settings.group_by.clone(),
        renotify: settings.renotify,
    }
}

/// What the settings say of some metrics, the most exact first.
struct Overrides<'a>(Vec<(globset::GlobMatcher, &'a MetricMonitorSettings)>);

impl<'a> Overrides<'a> {
    /// A pattern that matches no metric with a goal is refused: someone believes that it does something.
    fn new(catalog: &Catalog, settings: &'a MonitorSettings) -> anyhow::Result<Self> {
        let keys = || catalog.metrics().iter().filter(|metric| metric.goal().is_some()).map(Metric::key);
        let mut overrides = Vec::new();
        for (pattern, said) in &settings.metrics {
            let matcher = Glob::new(pattern)?.compile_matcher();
            if !keys().any(|key| matcher.is_match(key)) {
                let keys: Vec<&str> = keys().collect();
                bail!(
                    "`{pattern}` in [monitors.metrics] matches no metric with a goal; there are {}",
                    keys.join(", ")
                );
            }
            overrides.push((pattern, matcher, said));
        }
        let is_pattern = |text: &str| text.contains(['*', '?', '[', '{']);
        overrides.sort_by_key(|(pattern, ..)| (is_pattern(pattern), usize::MAX - pattern.len()));
        Ok(Self(overrides.into_iter().map(|(_, matcher, said)| (matcher, said)).collect()))
    }

    /// What goes for a metric; nothing if it should have no monitor.
    fn alerting(
        &self,
        metric: &Metric,
        settings: &MonitorSettings,
        schedule: Schedule,
    ) -> anyhow::Result<Option<Alerting>> {
        let none = MetricMonitorSettings::default();
        let found = self.0.iter().find(|(matcher, _)| matcher.is_match(metric.key()));
        let said = found.map_or(&none, |(_, said)| said);
        if !said.enabled {
            return Ok(None);
        }
        let own: Vec<String> = metric.notify().iter().map(ToString::to_string).collect();
        let general = general(settings, schedule);
        let recovery = said.recovery.or(metric.recovery());
        if let (Some(recovery), Some(goal)) = (said.recovery, metric.goal())
            && !goal.is_met_by(recovery)
        {
            bail!(
                "`recovery` in [monitors.metrics.\"{}\"] is {recovery}, which misses the goal {goal} itself",
                metric.key()
            );
        }
        Ok(Some(Alerting {
            notify: said.notify.clone().or((!own.is_empty()).then_some(own)).unwrap_or(general.notify),
            window: said.window.or(metric.window()).unwrap_or(general.window),
            recovery,
            no_data: said.no_data,
            group_by: said.group_by.clone().unwrap_or(general.group_by),
            renotify: said.renotify.or(general.renotify),
        }))
    }
}
