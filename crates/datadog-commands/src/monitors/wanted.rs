//! The monitors that Datadog should have.

use system_health_datadog::{
    MonitorScope, WantedMonitor, goal_monitor, reporter_monitors, two_metric_goal_monitor,
};
use system_health_monitor_settings::{MonitoredGoal, Monitors, Watched};
use system_health_registry::{Catalog, Settings};
use system_health_reporter::selected_by_settings;

/// The monitors for the metrics of a catalog that the settings select: one for each monitored goal, and those for the reporter if
/// its metrics are in the catalog. `report monitors push` sends these monitors to Datadog.
pub fn wanted_monitors(
    catalog: &Catalog,
    scope: &MonitorScope,
    settings: &Settings,
) -> anyhow::Result<Vec<WantedMonitor>> {
    let monitors = Monitors::from_settings(catalog, settings)?;
    let mut wanted = Vec::new();
    for MonitoredGoal { watched, alerting } in monitors.goals()? {
        wanted.extend(match watched {
            Watched::Metric(metric) => goal_monitor(metric, scope, &alerting)?,
            Watched::TwoMetricGoal(goal) => Some(two_metric_goal_monitor(&goal, scope, &alerting)?),
        });
    }
    monitors.check_reporter_windows()?;
    let about_reporter = monitors.about_reporter();
    let has_sources = !selected_by_settings(catalog.clone(), settings)?.sources().is_empty();
    wanted.extend(reporter_monitors(scope, monitors.schedule(), has_sources, |key| {
        about_reporter.iter().find(|(known, _)| *known == key).map(|(_, alerting)| alerting.clone())
    })?);
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use serde_json::Value;
    use system_health_registry::{
        Facts, Metric, Monitoring, Source, Unavailable, location, self_metrics::COLLECTOR_SUCCESS,
    };

    use super::*;

    fn facts(key: &str, notify: [&str; 2], hours: u64) -> Facts {
        let window = Some(Duration::from_hours(hours));
        let monitoring =
            Monitoring { window, notify: notify.map(str::to_owned).to_vec(), ..Monitoring::default() };
        Facts::new(key, "A number.").with_monitoring(monitoring)
    }

    fn metric(facts: Facts) -> Metric {
        Metric::new(facts, location!(), |_| Box::pin(async { Err(Unavailable::no_data("never")) }))
    }

    /// The monitor of the goal `a.ratio`.
    fn monitor(facts: [Facts; 2], settings: &str) -> Value {
        let catalog = Catalog::new(facts.map(metric)).unwrap();
        let settings = format!("[goals.'a.ratio']\ngoal = 'a.b / a.c < 1'\n{settings}\n");
        let settings = Settings::builder().toml(Path::new("s.toml"), &settings).unwrap().build().unwrap();
        let scope = MonitorScope::from_tags(&[]);
        wanted_monitors(&catalog, &scope, &settings).unwrap()[0].json().unwrap()
    }

    #[test]
    fn a_goal_of_two_metrics_combines_their_options_unless_settings_override_them() {
        let both = || [facts("a.b", ["@a", "@both"], 2), facts("a.c", ["@both", "@c"], 1)];

        let combined = monitor(both(), "");
        assert!(combined["query"].as_str().unwrap().starts_with("max(last_120m):"), "{combined}");
        assert!(combined["message"].as_str().unwrap().contains("\n\n@a @both @c\n\n"), "{combined}");
        for pattern in ["a.ratio", "a.*"] {
            let table = format!("[monitors.metrics.'{pattern}']\nnotify = ['@set']\nwindow = '30m'");
            let overridden = monitor(both(), &table);
            assert!(overridden["query"].as_str().unwrap().starts_with("max(last_30m):"), "{overridden}");
            assert!(overridden["message"].as_str().unwrap().contains("\n\n@set\n\n"), "{overridden}");
        }
    }

    #[test]
    fn failing_sources_have_a_monitor_if_there_are_sources() {
        let names = |catalog: &Catalog, settings: &str| -> Vec<String> {
            let settings = Settings::builder().toml(Path::new("s.toml"), settings).unwrap().build().unwrap();
            let wanted = wanted_monitors(catalog, &MonitorScope::from_tags(&[]), &settings).unwrap();
            wanted.iter().map(|monitor| monitor.name().to_owned()).collect()
        };
        let source =
            Source::new("warehouse", "For a test.", location!(), |_| Box::pin(async { Ok(Vec::new()) }));
        let without = Catalog::new([metric(COLLECTOR_SUCCESS.facts())]).unwrap();
        let with = without.clone().with_sources([source]).unwrap();

        assert_eq!(names(&without, ""), ["A metric fails repeatedly (*)"]);
        assert_eq!(names(&with, ""), ["A metric fails repeatedly (*)", "A source fails repeatedly (*)"]);
        let disabled = format!("[monitors.metrics.'{COLLECTOR_SUCCESS}']\nenabled = false\n");
        assert_eq!(names(&with, &disabled), [""; 0]);
    }
}
