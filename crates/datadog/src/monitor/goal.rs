//! The monitor of a goal. It alerts as soon as one point misses the goal, and recovers when no point within
//! its window does.
//!
//! A metric has a point every quarter of an hour or so, and Datadog fills gaps of gauges for five minutes
//! only. So the window has to be longer than the time between two runs, and the value in it is the one
//! farthest from the goal, over time as over series: neither is an average of what happens to be there.
//! Counts are taken as they were delivered, each for its interval: with `as_count()`, Datadog would only add
//! them up (<https://docs.datadoghq.com/monitors/guide/as-count-in-monitor-evaluations/>).
//! See <https://docs.datadoghq.com/monitors/types/metric/> and
//! <https://docs.datadoghq.com/metrics/guide/interpolation-the-fill-modifier-explained/>.

use system_health_registry::{Aggregate, Comparison, Facts, Goal};

use super::{
    Alerting, Scope, WantedMonitor,
    message::{self, Words},
    wanted::{Recipe, minutes},
};
use crate::{
    duration::duration_in_words,
    plural::plural,
    query::{aggregate, metric_query_of},
    words::harmless,
};

/// The monitor of a metric's goal, if it has one.
#[must_use]
pub fn goal_monitor(metric: &Facts, scope: &Scope, alerting: &Alerting) -> Option<WantedMonitor> {
    let goal = metric.goal()?;
    let condition = Condition::of(metric, goal, scope, alerting);
    let tags = metric.tags().iter().map(ToString::to_string);
    let recipe = Recipe {
        metric: metric.key(),
        name: format!("{} should be {goal} ({scope})", metric.key()),
        value: format!("{}(last_{}m):{}", condition.over_time, minutes(alerting.window), condition.value),
        comparator: condition.comparator,
        critical: condition.critical,
        message: message::of(&Words {
            alert: condition.alert,
            recovery: format!("`{}` meets its goal again: it should be {goal}.", metric.key()),
            no_data: format!(
                "`{}` has had no value for {}.",
                metric.key(),
                duration_in_words(alerting.window)
            ),
            description: metric.description(),
            runbook: metric.runbook(),
            owner: metric.owner(),
            alerting,
        }),
        tags: tags.collect(),
    };
    Some(WantedMonitor::new(recipe, scope, alerting))
}

/// When to alert.
struct Condition {
    over_time: &'static str,
    value: String,
    comparator: &'static str,
    critical: f64,
    alert: String,
}

impl Condition {
    fn of(metric: &Facts, goal: Goal, scope: &Scope, alerting: &Alerting) -> Self {
        let (scope, by, target) = (scope.to_string(), &alerting.group_by, goal.target());
        let query = || metric_query_of(metric, aggregate(metric), &scope, by);
        let word = |unit: &str| format!(" {}", harmless(unit));
        let units = metric.unit().map(|unit| word(&plural(unit))).unwrap_or_default();
        let units_of_target = match target {
            1.0 => metric.unit().map(word).unwrap_or_default(),
            _ => units.clone(),
        };
        let key = metric.key();
        let is = format!("`{key}` is {{{{value}}}}{units} and should be {goal}.");
        let distance = |query: String| match target {
            0.0 => format!("abs({query})"),
            below if below < 0.0 => format!("abs({query} + {})", -below),
            above => format!("abs({query} - {above})"),
        };
        // Of several series any that is above or below is seen at the outermost ones.
        let distances = |operator: &str| match metric.aggregate() {
            Some(_) => distance(query()),
            None => [Aggregate::Max, Aggregate::Min]
                .map(|aggregate| distance(metric_query_of(metric, aggregate, &scope, by)))
                .join(operator),
        };
        let (over_time, value, comparator, critical, alert) = match goal.comparison() {
            Comparison::Less => ("max", query(), ">=", target, is),
            Comparison::LessOrEqual => ("max", query(), ">", target, is),
            Comparison::Greater => ("min", query(), "<=", target, is),
            Comparison::GreaterOrEqual => ("min", query(), "<", target, is),
            Comparison::Equal => (
                "max",
                distances(" + "),
                ">",
                0.0,
                format!("`{key}` is not {target}{units_of_target}; it should be {goal}."),
            ),
            Comparison::NotEqual => (
                "min",
                distances(" * "),
                "<=",
                0.0,
                format!("`{key}` is {target}{units_of_target} and should be {goal}."),
            ),
        };
        Self { over_time, value, comparator, critical, alert }
    }
}
