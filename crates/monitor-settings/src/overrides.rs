//! Settings of individual metrics and goals, by key, name or pattern.

use anyhow::{Context as _, ensure};
use system_health_registry::{
    Catalog, KeyPattern, Metric, Settings,
    alerting::{is_watched_by_reporter_monitors, reporter_window},
};
use system_health_reporter::GoalsOfTwoMetrics;

use crate::{
    checks::{self, at_metric},
    settings::{MetricMonitorSettings, MonitorSettings},
};

/// The settings of individual metrics and goals.
#[derive(Debug)]
pub(crate) struct Overrides {
    /// Keys come before patterns, and long patterns before short ones.
    by_pattern: Vec<(KeyPattern, MetricMonitorSettings)>,
    /// For metrics and goals that no pattern matches.
    defaults: MetricMonitorSettings,
}

impl Overrides {
    /// Fails if a pattern matches no metric or goal with a monitor, because that is probably a mistake. Also fails if a
    /// pattern matches only monitors of the reporter, and its table has a setting that these monitors do not have.
    pub(crate) fn new(
        (catalog, goals): (&Catalog, &GoalsOfTwoMetrics),
        settings: &MonitorSettings,
        all_settings: &Settings,
    ) -> anyhow::Result<Self> {
        let schedule = settings.schedule();
        let is_about_reporter = |key: &str| reporter_window(key, schedule).is_some();
        let has_monitor = |metric: &&Metric| {
            let has_goal = metric.goal().is_some() && !is_watched_by_reporter_monitors(metric.key());
            has_goal || is_about_reporter(metric.key())
        };
        let metrics = catalog.metrics().iter().filter(has_monitor).map(|metric| metric.key());
        let keys: Vec<&str> = metrics.chain(goals.iter().map(|goal| goal.name.as_str())).collect();
        let mut by_pattern = Vec::new();
        for (pattern, own) in &settings.metrics {
            let table = checks::table_name(pattern);
            let checked = || {
                let parsed = pattern.parse::<KeyPattern>().with_context(|| table.clone())?;
                let found: Vec<&&str> = keys.iter().filter(|key| parsed.is_match(key)).collect();
                ensure!(
                    !found.is_empty(),
                    "{table} matches no metric or goal with a monitor; those with a monitor: {}",
                    keys.join(", ")
                );
                let sets_other_keys = own.window.is_some()
                    || own.recovery.is_some()
                    || own.on_missing_data.is_some()
                    || own.group_by.is_some();
                ensure!(
                    !(sets_other_keys && found.iter().all(|key| is_about_reporter(key))),
                    "{table}: the monitors of the reporter have only the settings `enabled`, `notify`, `renotify` and \
                     `priority`; `every`, `longest_gap`, `missed` and `reporter_by` in [monitors] determine the rest"
                );
                Ok(parsed)
            };
            by_pattern.push((at_metric(all_settings, pattern, checked())?, own.clone()));
        }
        let is_pattern = |text: &str| text.contains(['*', '?', '[', '{']);
        by_pattern.sort_by_key(|(pattern, _)| {
            let text = pattern.as_str();
            (is_pattern(text), usize::MAX - text.len())
        });
        Ok(Self { by_pattern, defaults: MetricMonitorSettings::default() })
    }

    /// The settings of the metric with this key or the goal with this name, and the pattern that matches, if one does.
    pub(crate) fn get(&self, key: &str) -> (Option<&str>, &MetricMonitorSettings) {
        let found = self.by_pattern.iter().find(|(pattern, _)| pattern.is_match(key));
        found.map_or((None, &self.defaults), |(pattern, own)| (Some(pattern.as_str()), own))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::{Facts, Unavailable, location};

    use super::*;
    use crate::Monitors;

    #[test]
    fn a_pattern_that_is_too_long_is_refused() {
        let pattern = format!("{}a{}", "{".repeat(300), "}".repeat(300));
        let toml = format!("[monitors.metrics.'{pattern}']\nenabled = false\n");
        let settings = Settings::builder().toml(Path::new("s.toml"), &toml).unwrap().build().unwrap();
        let metric = Metric::new(Facts::new("a.b", "A number."), location!(), |_| {
            Box::pin(async { Err(Unavailable::no_data("never")) })
        });
        let catalog = Catalog::new([metric]).unwrap();

        let error = Monitors::from_settings(&catalog, &settings).unwrap_err();

        assert!(format!("{error:#}").contains("(it is longer than 300 bytes)"), "{error:#}");
    }
}
