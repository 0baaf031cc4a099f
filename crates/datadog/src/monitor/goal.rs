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

use system_health_registry::{Aggregate, Facts};

use super::{
    Alerting, Scope, WantedMonitor,
    condition::{Condition, Quantity},
    message::{self, About, Words},
    wanted::{Recipe, minutes},
};
use crate::{
    duration::duration_in_words,
    query::{aggregate, metric_query_of},
};

/// The monitor of a metric's goal, if it has one.
#[must_use]
pub fn goal_monitor(metric: &Facts, scope: &Scope, alerting: &Alerting) -> Option<WantedMonitor> {
    let goal = metric.goal()?;
    let condition = Condition::of(&quantity(metric, scope, alerting), goal);
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
            about: vec![About::from(metric)],
            alerting,
        }),
        tags: tags.collect(),
    };
    Some(WantedMonitor::new(recipe, scope, alerting))
}

/// Of several series any that is not equal to the target is seen at the outermost ones.
fn quantity<'a>(metric: &'a Facts, scope: &Scope, alerting: &Alerting) -> Quantity<'a> {
    let query = |aggregate| metric_query_of(metric, aggregate, &scope.to_string(), &alerting.group_by);
    let outermost = match metric.aggregate() {
        Some(aggregate) => vec![query(aggregate)],
        None => [Aggregate::Max, Aggregate::Min].map(query).to_vec(),
    };
    Quantity { name: metric.key(), unit: metric.unit(), query: query(aggregate(metric)), outermost }
}
