//! The monitor of a goal that combines two metrics, such as `ci.errors / ci.runs < 0.1`.
//!
//! Datadog calculates a result for each time bucket, and then compares the worst result. If a metric has no value in a
//! bucket, or the divisor is 0, the bucket has no result and does not count. So both values must have the same time, as all
//! values of a run have. By default, Datadog interpolates linearly between points that are at most five
//! minutes apart. The ratio of interpolated values is meaningless: between 0 runs and 10 runs, there would be fractions of a
//! run. `fill(null)` turns interpolation off.
//! See <https://docs.datadoghq.com/monitors/guide/monitor-arithmetic-and-sparse-metrics/> and
//! <https://docs.datadoghq.com/metrics/guide/interpolation-the-fill-modifier-explained/>.

use std::collections::BTreeSet;

use system_health_registry::{
    Operator,
    alerting::{Alerting, TwoMetricGoalFacts},
    combined_aggregates, duration_in_words,
};

use super::{
    MonitorScope, WantedMonitor,
    alert_condition::{AlertCondition, Quantity},
    message::{self, About, MessageTexts},
    wanted::{MonitorParts, minutes},
};
use crate::{client::DatadogError, manage::query::metric_query_with};

/// The monitor of a goal that combines two metrics.
pub fn two_metric_goal_monitor(
    combination: &TwoMetricGoalFacts<'_>,
    scope: &MonitorScope,
    alerting: &Alerting,
) -> Result<WantedMonitor, DatadogError> {
    let TwoMetricGoalFacts { name, left, operator, right, goal, .. } = combination;
    let formula = format!("{} {operator} {}", left.key(), right.key());
    let query = query(combination, scope, alerting);
    let quantity = Quantity {
        name: &formula,
        // A ratio has no unit; a sum or a difference has the unit of its parts.
        unit: left.unit().filter(|unit| *operator != Operator::Divide && right.unit() == Some(unit)),
        outermost: vec![query.clone()],
        query,
    };
    let condition = AlertCondition::new(&quantity, *goal);
    let missing = match operator {
        Operator::Divide => format!("a metric had none, or `{}` was 0", right.key()),
        Operator::Subtract | Operator::Add => "a metric had none".to_owned(),
    };
    let about_goal = About {
        key: None,
        description: combination.description.unwrap_or_default(),
        runbook: combination.runbook,
        owner: combination.owner,
    };
    let tags: BTreeSet<_> = [left, right].into_iter().flat_map(|metric| metric.tags()).collect();
    let parts = MonitorParts {
        metric: name,
        name: format!("{name}: {formula} should be {goal} ({scope})"),
        value: format!("{}(last_{}m):{}", condition.over_time, minutes(alerting.window), condition.value),
        comparator: condition.comparator,
        critical: condition.critical,
        message: message::message(&MessageTexts {
            alert: condition.alert,
            recovery: format!("`{formula}` meets its goal again: it should be {goal}."),
            no_data: format!(
                "`{formula}` has had no value for {}: {missing}.",
                duration_in_words(alerting.window)
            ),
            about: vec![about_goal, About::one_of_several(left), About::one_of_several(right)],
            alerting,
        }),
        tags: tags.into_iter().map(ToString::to_string).collect(),
    };
    WantedMonitor::new(parts, scope, alerting)
}

/// Both sides have the same scope and groups, so that Datadog combines matching series.
fn query(combination: &TwoMetricGoalFacts<'_>, scope: &MonitorScope, alerting: &Alerting) -> String {
    let TwoMetricGoalFacts { left, operator, right, .. } = combination;
    let [left_aggregate, right_aggregate] = combined_aggregates(left, right);
    let side = |metric, aggregate| {
        metric_query_with(metric, aggregate, &scope.to_string(), &alerting.group_by) + ".fill(null)"
    };
    format!("{} {operator} {}", side(left, left_aggregate), side(right, right_aggregate))
}
