//! Monitors of goals of two metrics, which are set in [goals].

use anyhow::Context as _;
use system_health_datadog::{Combination, MonitorScope, WantedMonitor, combined_goal_monitor};
use system_health_registry::{Catalog, check_recovery};
use system_health_reporter::Goals;

use super::{
    alerting::{Defaults, Watched},
    checks::at_metric,
    overrides::Overrides,
};

/// The monitors of the goals in the settings.
pub(super) fn monitors(
    goals: &Goals,
    catalog: &Catalog,
    scope: &MonitorScope,
    (overrides, defaults): (&Overrides<'_>, Defaults<'_>),
) -> anyhow::Result<Vec<WantedMonitor>> {
    let mut monitors = Vec::new();
    for named in goals.iter() {
        let (name, goal) = (named.name.as_str(), &named.goal);
        let (pattern, some) = overrides.get(name);
        if !some.enabled {
            continue;
        }
        let Some(metrics) = named.metrics(catalog) else {
            tracing::warn!(
                "the goal {name} has no monitor: `{goal}` needs two metrics that are collected, and one of them is not selected, \
                 or no run has found it yet"
            );
            continue;
        };
        if let Some(recovery) = some.recovery {
            let checked = check_recovery(recovery, Some(goal.goal()))
                .with_context(|| format!("`recovery` of {name} in [monitors.metrics]"));
            at_metric(defaults.sources, &format!("{}.recovery", pattern.unwrap_or_default()), checked)?;
        }
        let watched = Watched { name, metrics: &metrics, recovery: None, pattern };
        let alerting = defaults.for_goal(some, &watched)?;
        let combination = Combination {
            name,
            left: metrics[0],
            operator: goal.operator(),
            right: metrics[1],
            goal: goal.goal(),
            description: named.description.as_deref(),
            runbook: named.runbook.as_deref(),
            owner: named.owner.as_deref(),
        };
        monitors.push(combined_goal_monitor(&combination, scope, &alerting));
    }
    Ok(monitors)
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use serde_json::Value;
    use system_health_datadog::Schedule;
    use system_health_registry::{Facts, Metric, Monitoring, Settings, Unavailable, location};

    use super::*;
    use crate::monitors::MonitorSettings;

    const QUARTER: Duration = Duration::from_mins(15);

    fn facts(key: &str, notify: [&str; 2], hours: u64) -> Facts {
        let window = Some(Duration::from_hours(hours));
        let monitoring =
            Monitoring { window, notify: notify.map(str::to_owned).to_vec(), ..Monitoring::default() };
        Facts::new(key, "A number.").with_monitoring(monitoring)
    }

    /// The monitor of the goal `a.ratio`.
    fn monitor(facts: [Facts; 2], settings: &str) -> Value {
        let metrics = facts.map(|facts| {
            Metric::new(facts, location!(), |_| Box::pin(async { Err(Unavailable::no_data("never")) }))
        });
        let catalog = Catalog::new(metrics).unwrap();
        let settings = format!("[goals.'a.ratio']\ngoal = 'a.b / a.c < 1'\n{settings}\n");
        let sources = Settings::builder().toml(Path::new("s.toml"), &settings).unwrap().build().unwrap();
        let settings: MonitorSettings = sources.table().unwrap();
        let schedule = Schedule { every: QUARTER, longest_gap: QUARTER, missed: 3 };
        let defaults = Defaults { settings: &settings, schedule, sources: &sources };
        let goals = Goals::from_settings(&catalog, &sources).unwrap();
        let overrides = Overrides::new((&catalog, &goals), &settings, schedule, &sources).unwrap();
        let scope = MonitorScope::from_tags(&[]);
        monitors(&goals, &catalog, &scope, (&overrides, defaults)).unwrap()[0].json().unwrap()
    }

    #[test]
    fn a_goal_has_the_attributes_of_both_metrics_unless_the_settings_override_them() {
        let both = || [facts("a.b", ["@a", "@both"], 2), facts("a.c", ["@both", "@c"], 1)];

        let own = monitor(both(), "");
        assert!(own["query"].as_str().unwrap().starts_with("max(last_120m):"), "{own}");
        assert!(own["message"].as_str().unwrap().contains("\n\n@a @both @c\n\n"), "{own}");
        for pattern in ["a.ratio", "a.*"] {
            let table = format!("[monitors.metrics.'{pattern}']\nnotify = ['@set']\nwindow = '30m'");
            let set = monitor(both(), &table);
            assert!(set["query"].as_str().unwrap().starts_with("max(last_30m):"), "{set}");
            assert!(set["message"].as_str().unwrap().contains("\n\n@set\n\n"), "{set}");
        }
    }
}
