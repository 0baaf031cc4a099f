//! Monitors of goals that combine two metrics. These goals are defined in [monitors].

use std::mem::discriminant;

use anyhow::{Context as _, anyhow, bail, ensure};
use system_health_datadog::{Combination, MonitorScope, WantedMonitor, combined_goal_monitor};
use system_health_registry::{
    Catalog, Metric, Operator, check_key, check_owner, check_recovery, check_runbook,
    self_metrics::is_self_metric, settings::Known,
};

use super::{
    alerting::{Defaults, Watched},
    checks::{self, GOALS},
    settings::GoalSettings,
};

/// The monitors of the goals in the settings.
pub(super) fn monitors(
    catalog: &Catalog,
    scope: &MonitorScope,
    defaults: Defaults<'_>,
) -> anyhow::Result<Vec<WantedMonitor>> {
    let mut monitors = Vec::new();
    let mut known: Vec<(&str, &GoalSettings)> = Vec::new();
    for (name, settings) in &defaults.settings.goals {
        let is_same = |(_, other): &&(&str, &GoalSettings)| other.goal == settings.goal;
        let metrics = match known.iter().find(is_same) {
            Some((other, _)) => Err(anyhow!("{} has the same goal", checks::place(GOALS, other))),
            None => metrics(name, settings, catalog),
        };
        let metrics = metrics.with_context(|| checks::place(GOALS, name));
        let metrics = checks::at(defaults.sources, GOALS, metrics)?;
        known.push((name, settings));
        if !settings.monitor.enabled {
            continue;
        }
        let watched = Watched { name, metrics: &metrics, recovery: None, table: GOALS };
        let alerting = defaults.for_goal(&settings.monitor, &watched)?;
        let combination = Combination {
            name,
            left: metrics[0],
            operator: settings.goal.operator(),
            right: metrics[1],
            goal: settings.goal.goal(),
            description: settings.description.as_deref(),
            runbook: settings.runbook.as_deref(),
            owner: settings.owner.as_deref(),
        };
        monitors.push(combined_goal_monitor(&combination, scope, &alerting));
    }
    Ok(monitors)
}

/// Looks up the metrics of a goal. Refuses metrics whose values cannot be combined.
fn metrics<'a>(name: &str, settings: &GoalSettings, catalog: &'a Catalog) -> anyhow::Result<[&'a Metric; 2]> {
    check_name(name, catalog)?;
    let goal = &settings.goal;
    let both = metric(goal.left(), catalog).and_then(|left| Ok([left, metric(goal.right(), catalog)?]));
    let metrics = both.with_context(|| format!("`{goal}`"))?;
    check_sides(metrics, goal.operator()).with_context(|| format!("`{goal}`"))?;
    settings.owner.as_deref().map_or(Ok(()), check_owner).context("`owner`")?;
    settings.runbook.as_deref().map_or(Ok(()), check_runbook).context("`runbook`")?;
    if let Some(recovery) = settings.monitor.recovery {
        check_recovery(recovery, Some(goal.goal())).context("`recovery`")?;
    }
    Ok(metrics)
}

/// A push finds a monitor by the name of its metric or goal, so no goal may have the name of a metric.
fn check_name(name: &str, catalog: &Catalog) -> anyhow::Result<()> {
    check_key(name).context("the name of a goal has the same form as the key of a metric")?;
    let is_used =
        |metric: &&Metric| metric.key() == name || metric.alias().is_some_and(|alias| alias.key() == name);
    match catalog.metrics().iter().find(is_used) {
        Some(metric) if metric.key() == name => {
            bail!("`{name}` is the key of a metric; a goal needs another name")
        }
        Some(metric) => {
            bail!("`{name}` is the former key of the metric `{}`; a goal needs another name", metric.key())
        }
        None => Ok(()),
    }
}

fn metric<'a>(key: &str, catalog: &'a Catalog) -> anyhow::Result<&'a Metric> {
    let metrics = catalog.metrics();
    if let Some(metric) = metrics.iter().find(|metric| metric.key() == key) {
        return Ok(metric);
    }
    // Once the alias expires, there are no values under the former key.
    let is_former = |metric: &&Metric| metric.alias().is_some_and(|alias| alias.key() == key);
    if let Some(metric) = metrics.iter().find(is_former) {
        bail!("`{key}` is the former key of `{}`; write the new key", metric.key());
    }
    // The reporter has many metrics, but few goals are about them.
    let is_likely = |known: &&str| key.starts_with("system") || !is_self_metric(known);
    let keys = metrics.iter().map(|metric| metric.key()).filter(is_likely);
    bail!("there is no metric `{key}`{}", Known::nearest_to(key, keys))
}

/// Any two metrics can be divided. Only metrics with the same unit and kind can be added or subtracted.
fn check_sides([left, right]: [&Metric; 2], operator: Operator) -> anyhow::Result<()> {
    let (left_key, right_key) = (left.key(), right.key());
    ensure!(
        is_self_metric(left.key()) == is_self_metric(right.key()),
        "only one of the two metrics is about the reporter; their values have different tags, so they cannot be combined"
    );
    if operator == Operator::Divide {
        return Ok(());
    }
    let unit =
        |metric: &Metric| metric.unit().map_or("no unit".to_owned(), |unit| format!("the unit `{unit}`"));
    ensure!(
        left.unit() == right.unit(),
        "{left_key} has {} and {right_key} has {}; `{operator}` needs metrics with the same unit, unlike `/`",
        unit(left),
        unit(right)
    );
    ensure!(
        discriminant(&left.kind()) == discriminant(&right.kind()),
        "{left_key} and {right_key} are of different kinds, such as a gauge and a count; `{operator}` needs metrics of the \
         same kind, unlike `/`"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use serde_json::Value;
    use system_health_datadog::Schedule;
    use system_health_registry::{Alias, Facts, Kind, Monitoring, Settings, Unavailable, location};

    use super::*;
    use crate::monitors::MonitorSettings;

    const QUARTER: Duration = Duration::from_mins(15);

    fn monitoring(notify: [&str; 2], hours: u64) -> Monitoring {
        let window = Some(Duration::from_hours(hours));
        Monitoring { window, notify: notify.map(str::to_owned).to_vec(), ..Monitoring::default() }
    }

    fn facts(key: &str) -> Facts {
        Facts::new(key, "A number.")
    }

    /// The monitor of the goal `a.ratio`, or the error.
    fn monitor(facts: [&Facts; 2], settings: &str) -> Result<Value, String> {
        let metrics = facts.map(|facts| {
            Metric::new(facts.clone(), location!(), |_| {
                Box::pin(async { Err(Unavailable::no_data("never")) })
            })
        });
        let catalog = Catalog::new(metrics).unwrap();
        let settings = format!("[monitors.goals.'a.ratio']\n{settings}\n");
        let sources = Settings::builder().toml(Path::new("s.toml"), &settings).unwrap().build().unwrap();
        let settings: MonitorSettings = sources.table().unwrap();
        let schedule = Schedule { every: QUARTER, longest_gap: QUARTER, missed: 3 };
        let defaults = Defaults { settings: &settings, schedule, sources: &sources };
        let made = monitors(&catalog, &MonitorScope::from_tags(&[]), defaults)
            .map_err(|error| format!("{error:#}"))?;
        Ok(made[0].json().unwrap())
    }

    #[test]
    fn a_goal_inherits_from_both_metrics_unless_the_settings_override_it() {
        let [left, right] = [
            facts("a.b").with_monitoring(monitoring(["@a", "@both"], 2)),
            facts("a.c").with_monitoring(monitoring(["@both", "@c"], 1)),
        ];
        let goal = "goal = 'a.b / a.c < 1'\n";

        let own = monitor([&left, &right], goal).unwrap();
        assert!(own["query"].as_str().unwrap().starts_with("max(last_120m):"), "{own}");
        assert!(own["message"].as_str().unwrap().contains("\n\n@a @both @c\n\n"), "{own}");
        let set = monitor([&left, &right], &format!("{goal}notify = ['@set']\nwindow = '30m'")).unwrap();
        assert!(set["query"].as_str().unwrap().starts_with("max(last_30m):"), "{set}");
        assert!(set["message"].as_str().unwrap().contains("\n\n@set\n\n"), "{set}");
    }

    #[test]
    fn former_keys_are_refused() {
        let former = |key: &str| facts("a.b").with_alias(Alias::new(key, Duration::from_hours(24) * 20_849));
        let refusal = |former: Facts, goal: &str| {
            monitor([&former, &facts("a.c")], &format!("goal = '{goal}'")).unwrap_err()
        };

        let in_goal = refusal(former("a.old"), "a.c / a.old < 1");
        assert!(
            in_goal.ends_with("`a.c / a.old < 1`: `a.old` is the former key of `a.b`; write the new key"),
            "{in_goal}"
        );
        let as_name = refusal(former("a.ratio"), "a.b / a.c < 1");
        assert!(
            as_name.ends_with("`a.ratio` is the former key of the metric `a.b`; a goal needs another name"),
            "{as_name}"
        );
        assert!(as_name.starts_with("s.toml:1:11: [monitors.goals.\"a.ratio\"]: "), "{as_name}");
    }

    #[test]
    fn a_gauge_and_a_count_can_be_divided_but_not_subtracted() {
        let [left, right] = [facts("a.b"), facts("a.c").with_kind(Kind::Count { interval: QUARTER })];

        assert!(monitor([&left, &right], "goal = 'a.b / a.c < 1'").is_ok());
        let refusal = monitor([&left, &right], "goal = 'a.b - a.c < 1'").unwrap_err();
        assert!(refusal.contains("a.b and a.c are of different kinds"), "{refusal}");
    }
}
