//! The monitor of a goal that is about two metrics, such as `ci.errors / ci.runs < 0.1`.
//!
//! Datadog calculates in each bucket of time, and then compares the result that is farthest from the goal. A bucket in
//! which one of the two has no value, or the divisor is 0, has no result: it neither misses the goal nor meets it. So
//! both values have to carry one time, as all values of a run do. Datadog would draw a straight line between points that
//! are at most five minutes apart, and a line from 0 runs to 10 begins with a tenth of a run: the ratio of such
//! values may be anything. `fill(null)` turns that off.
//! See <https://docs.datadoghq.com/monitors/guide/monitor-arithmetic-and-sparse-metrics/> and
//! <https://docs.datadoghq.com/metrics/guide/interpolation-the-fill-modifier-explained/>.

use std::collections::BTreeSet;

use system_health_registry::{Aggregate, Facts, Goal, Kind, Operator};

use super::{
    Alerting, Scope, WantedMonitor,
    condition::{Condition, Quantity},
    message::{self, About, Words},
    wanted::{Recipe, minutes},
};
use crate::{duration::duration_in_words, query::metric_query_of};

/// Two metrics, and the goal of what they come to.
#[derive(Debug, Clone)]
pub struct Combination<'a> {
    /// What tells it from the other goals of a scope. It is no key of a metric.
    pub name: &'a str,
    /// The first metric.
    pub left: &'a Facts,
    /// How the two values become one.
    pub operator: Operator,
    /// The second metric.
    pub right: &'a Facts,
    /// What the result should be.
    pub goal: Goal,
    /// What a reader wants to know of it, beyond what the metrics say of themselves.
    pub description: Option<&'a str>,
    /// The address of the page that says what to do when the goal is missed.
    pub runbook: Option<&'a str>,
    /// Who is responsible.
    pub owner: Option<&'a str>,
}

/// The monitor of a goal that is about two metrics.
#[must_use]
pub fn combined_goal_monitor(
    combination: &Combination<'_>,
    scope: &Scope,
    alerting: &Alerting,
) -> WantedMonitor {
    let Combination { name, left, operator, right, goal, .. } = combination;
    let formula = format!("{} {operator} {}", left.key(), right.key());
    let query = query(combination, scope, alerting);
    let quantity = Quantity {
        name: &formula,
        // A ratio has none, and a sum or a difference that of its parts.
        unit: left.unit().filter(|unit| *operator != Operator::Divide && right.unit() == Some(unit)),
        outermost: vec![query.clone()],
        query,
    };
    let condition = Condition::of(&quantity, *goal);
    let missing = match operator {
        Operator::Divide => format!("a metric had none, or `{}` was 0", right.key()),
        Operator::Subtract | Operator::Add => "a metric had none".to_owned(),
    };
    let own = About {
        key: None,
        description: combination.description.unwrap_or_default(),
        runbook: combination.runbook,
        owner: combination.owner,
    };
    let tags: BTreeSet<_> = [left, right].into_iter().flat_map(|metric| metric.tags()).collect();
    let recipe = Recipe {
        metric: name,
        name: format!("{name}: {formula} should be {goal} ({scope})"),
        value: format!("{}(last_{}m):{}", condition.over_time, minutes(alerting.window), condition.value),
        comparator: condition.comparator,
        critical: condition.critical,
        message: message::of(&Words {
            alert: condition.alert,
            recovery: format!("`{formula}` meets its goal again: it should be {goal}."),
            no_data: format!(
                "`{formula}` has had no value for {}: {missing}.",
                duration_in_words(alerting.window)
            ),
            about: vec![own, About::one_of_several(left), About::one_of_several(right)],
            alerting,
        }),
        tags: tags.into_iter().map(ToString::to_string).collect(),
    };
    WantedMonitor::new(recipe, scope, alerting)
}

/// Both sides have the scope and the groups of the monitor, or they would be about different things.
fn query(combination: &Combination<'_>, scope: &Scope, alerting: &Alerting) -> String {
    let Combination { left, operator, right, .. } = combination;
    let [of_left, of_right] = aggregates(left, right);
    let side = |metric, aggregate| {
        metric_query_of(metric, aggregate, &scope.to_string(), &alerting.group_by) + ".fill(null)"
    };
    format!("{} {operator} {}", side(left, of_left), side(right, of_right))
}

/// How several series of each become one: as the metric says; else counts and rates add up, and gauges do so beside
/// something that is summed. Two gauges are averaged: neither has a goal here, and the one farthest from
/// another goal does not belong to what stands on the other side.
fn aggregates(left: &Facts, right: &Facts) -> [Aggregate; 2] {
    let known = [left, right].map(|metric| match metric.kind() {
        Kind::Count { .. } | Kind::Rate { .. } => Some(metric.aggregate().unwrap_or(Aggregate::Sum)),
        Kind::Gauge => metric.aggregate(),
    });
    let of_others = if known.contains(&Some(Aggregate::Sum)) { Aggregate::Sum } else { Aggregate::Avg };
    known.map(|aggregate| aggregate.unwrap_or(of_others))
}
