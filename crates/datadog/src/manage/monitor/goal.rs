//! The monitor of a metric's goal. It alerts when one point misses the goal. By default, it recovers when no point in its window
//! misses the goal.
//!
//! Points may be a quarter of an hour apart, and Datadog interpolates gauges for only five minutes. So the window must be
//! longer than the time between two runs. The monitor compares the worst value in the window, and not an average over time. The
//! metric's aggregate, or the default, combines several series. Counts are used as they were delivered, each for its interval.
//! With `as_count()`, Datadog would sum them
//! (<https://docs.datadoghq.com/monitors/guide/as-count-in-monitor-evaluations/>).
//! See <https://docs.datadoghq.com/monitors/types/metric/> and
//! <https://docs.datadoghq.com/metrics/guide/interpolation-the-fill-modifier-explained/>.

use system_health_registry::{Aggregate, Facts, alerting::Alerting, duration_in_words};

use super::{
    MonitorScope, WantedMonitor,
    alert_condition::{AlertCondition, Quantity},
    message::{self, About, MessageTexts},
    wanted::{MonitorParts, minutes},
};
use crate::{client::DatadogError, manage::query::metric_query_with};

/// The monitor of a metric's goal, if it has one.
pub fn goal_monitor(
    metric: &Facts,
    scope: &MonitorScope,
    alerting: &Alerting,
) -> Result<Option<WantedMonitor>, DatadogError> {
    let Some(goal) = metric.goal() else { return Ok(None) };
    let condition = AlertCondition::new(&quantity(metric, scope, alerting), goal);
    let tags = metric.tags().iter().map(ToString::to_string);
    let parts = MonitorParts {
        metric: metric.key(),
        name: format!("{} should be {goal} ({scope})", metric.key()),
        value: format!("{}(last_{}m):{}", condition.over_time, minutes(alerting.window), condition.value),
        comparator: condition.comparator,
        critical: condition.critical,
        message: message::message(&MessageTexts {
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
    WantedMonitor::new(parts, scope, alerting).map(Some)
}

/// The quantity that the goal limits. If the metric has no aggregate of its own, a goal with `==` or `!=` is compared with the
/// maximum and the minimum of its series: all series are equal to the target if both are. A series between them that is equal to
/// the target of `!=` is not noticed.
fn quantity<'a>(metric: &'a Facts, scope: &MonitorScope, alerting: &Alerting) -> Quantity<'a> {
    let query = |aggregate| metric_query_with(metric, aggregate, &scope.to_string(), &alerting.group_by);
    let outermost = match metric.aggregate() {
        Some(aggregate) => vec![query(aggregate)],
        None => [Aggregate::Max, Aggregate::Min].map(query).to_vec(),
    };
    Quantity {
        name: metric.key(),
        unit: metric.unit(),
        query: query(metric.aggregate_or_default()),
        outermost,
    }
}
