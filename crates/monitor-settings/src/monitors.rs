//! Which goals and metrics have a monitor, and how each monitor alerts.

use anyhow::Context as _;
use system_health_registry::{
    Catalog, Goal, Metric, Settings,
    alerting::{Alerting, Schedule, TwoMetricGoalFacts, is_watched_by_reporter_monitors, reporter_window},
    check_recovery,
    self_metrics::is_self_metric,
};
use system_health_reporter::{
    GoalOfTwoMetrics, GoalsOfTwoMetrics, selected_by_settings, with_goals_of_settings,
};

use crate::{
    alerting::{Defaults, WatchedGoal},
    checks::{self, at_metric},
    overrides::Overrides,
    settings::{MetricMonitorSettings, MonitorSettings},
};

/// The metrics of a catalog that are collected, with the settings of their monitors.
#[derive(Debug)]
pub struct Monitors<'a> {
    catalog: Catalog,
    goals: GoalsOfTwoMetrics,
    settings: MonitorSettings,
    overrides: Overrides,
    /// Knows where each setting was set, for errors.
    all_settings: &'a Settings,
}

/// A goal with a monitor.
#[derive(Debug, Clone)]
pub struct MonitoredGoal<'a> {
    /// The goal.
    pub watched: Watched<'a>,
    /// How its monitor alerts.
    pub alerting: Alerting,
}

/// What a monitor watches.
#[derive(Debug, Clone)]
pub enum Watched<'a> {
    /// A metric, which has a goal.
    Metric(&'a Metric),
    /// A goal of two metrics.
    TwoMetricGoal(TwoMetricGoalFacts<'a>),
}

impl<'a> Monitors<'a> {
    /// Reads `[monitors]` and `[goals]`. The error about an invalid setting says where it was set.
    pub fn from_settings(catalog: &Catalog, all_settings: &'a Settings) -> anyhow::Result<Self> {
        let settings: MonitorSettings = all_settings.table()?;
        checks::check(&settings, all_settings)?;
        let catalog = with_goals_of_settings(catalog.clone(), all_settings)?;
        let goals = GoalsOfTwoMetrics::from_settings(&catalog, all_settings)?;
        let overrides = Overrides::new((&catalog, &goals), &settings, all_settings)?;
        // A file may have goals and settings of monitors for metrics that it does not select.
        let catalog = selected_by_settings(catalog, all_settings)?;
        Ok(Self { catalog, goals, settings, overrides, all_settings })
    }

    /// How often the reporter runs.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        self.settings.schedule()
    }

    /// The goals that have a monitor: those of metrics first, then those of two metrics. A warning is logged for a goal of two
    /// metrics that cannot have a monitor.
    pub fn goals(&self) -> anyhow::Result<Vec<MonitoredGoal<'_>>> {
        let metrics = self.catalog.metrics().iter();
        let metrics = metrics.filter(|metric| !is_watched_by_reporter_monitors(metric.key()));
        let metrics = metrics.map(|metric| self.goal_of_metric(metric));
        let combined = self.goals.iter().map(|named| self.goal_of_two_metrics(named));
        metrics.chain(combined).filter_map(Result::transpose).collect()
    }

    /// The keys of the metrics about the reporter that have a monitor, each with how the monitor alerts.
    #[must_use]
    pub fn about_reporter(&self) -> Vec<(&str, Alerting)> {
        let mut about_reporter = Vec::new();
        for metric in self.catalog.metrics() {
            let is_watched = reporter_window(metric.key(), self.schedule()).is_some();
            let (_, own) = self.overrides.get(metric.key());
            if is_watched && own.enabled {
                let alerting = self.defaults().without_goal(own, is_self_metric(metric.key()));
                about_reporter.push((metric.key(), alerting));
            }
        }
        about_reporter
    }

    /// Refuses a schedule for which the windows of the reporter's monitors are too long for Datadog.
    pub fn check_reporter_windows(&self) -> anyhow::Result<()> {
        let about_reporter = self.about_reporter();
        let keys: Vec<&str> = about_reporter.iter().map(|(key, _)| *key).collect();
        checks::check_reporter_windows(&keys, self.schedule(), self.all_settings)
    }

    fn defaults(&self) -> Defaults<'_> {
        Defaults { settings: &self.settings, schedule: self.schedule(), all_settings: self.all_settings }
    }

    /// `None` if the metric has no goal, or its monitor is disabled.
    fn goal_of_metric<'b>(&'b self, metric: &'b Metric) -> anyhow::Result<Option<MonitoredGoal<'b>>> {
        let (pattern, own) = self.overrides.get(metric.key());
        if !own.enabled || metric.goal().is_none() {
            return Ok(None);
        }
        self.check_recovery(metric.key(), (pattern, own), metric.goal())?;
        let recovery = metric.monitoring().recovery;
        let watched = WatchedGoal { name: metric.key(), metrics: &[metric], recovery, pattern };
        let alerting = self.defaults().for_goal(own, &watched)?;
        Ok(Some(MonitoredGoal { watched: Watched::Metric(metric), alerting }))
    }

    /// `None` if the monitor is disabled, or a metric is not collected.
    fn goal_of_two_metrics<'b>(
        &'b self,
        named: &'b GoalOfTwoMetrics,
    ) -> anyhow::Result<Option<MonitoredGoal<'b>>> {
        let (name, goal) = (named.name.as_str(), &named.goal);
        let (pattern, own) = self.overrides.get(name);
        if !own.enabled {
            return Ok(None);
        }
        let Some(metrics) = named.metrics(&self.catalog) else {
            tracing::warn!(
                "the goal {name} has no monitor: `{goal}` needs two metrics that are collected, and one of them is not selected, \
                 or no run has found it yet"
            );
            return Ok(None);
        };
        self.check_recovery(name, (pattern, own), Some(goal.goal()))?;
        let watched = WatchedGoal { name, metrics: &metrics, recovery: None, pattern };
        let alerting = self.defaults().for_goal(own, &watched)?;
        let [left, right] = metrics;
        let combination = TwoMetricGoalFacts {
            name,
            left,
            operator: goal.operator(),
            right,
            goal: goal.goal(),
            description: named.description.as_deref(),
            runbook: named.runbook.as_deref(),
            owner: named.owner.as_deref(),
        };
        Ok(Some(MonitoredGoal { watched: Watched::TwoMetricGoal(combination), alerting }))
    }

    fn check_recovery(
        &self,
        name: &str,
        (pattern, own): (Option<&str>, &MetricMonitorSettings),
        goal: Option<Goal>,
    ) -> anyhow::Result<()> {
        let Some(recovery) = own.recovery else { return Ok(()) };
        let checked = check_recovery(recovery, goal)
            .with_context(|| format!("`recovery` of {name} in [monitors.metrics]"));
        at_metric(self.all_settings, &format!("{}.recovery", pattern.unwrap_or_default()), checked)
    }
}
