//! What a goal limits: the aggregated values of a metric, or the combination of two metrics.

use system_health_prometheus::PrometheusMetric;
use system_health_registry::{
    Aggregate, Facts, Goal, Kind, Metric, Operator,
    alerting::{Alerting, TwoMetricGoalFacts},
    combined_aggregates,
};

use super::reporter_labels::ReporterLabels;
use crate::promql::aggregated;

/// What a goal limits.
pub(super) struct Quantity {
    /// Its name in texts: a key, or a formula such as `ci.errors / ci.runs`.
    pub(super) name: String,
    /// An expression with one value for each group.
    pub(super) value: String,
    /// The largest and the smallest distance of the group's series from the target. They are equal if the series are combined
    /// before they are compared.
    pub(super) distances: [String; 2],
    /// The goal in the unit of the expression.
    pub(super) goal: Goal,
    /// The value at which a firing alert ends, in the unit of the expression. Default: when the goal is met.
    pub(super) recovery: Option<f64>,
    /// The goal as it is written, with the metric's unit if the expression has a base unit.
    pub(super) written: String,
    /// The base unit of the expression, if it has one.
    pub(super) base_unit: Option<&'static str>,
    /// Whether each value is only about the interval before it, as counts and rates are.
    pub(super) is_of_interval: bool,
}

impl Quantity {
    /// The quantity of a metric's goal.
    pub(super) fn from_metric(
        (metric, written): (&Metric, Goal),
        alerting: &Alerting,
        reporter_labels: &ReporterLabels,
        labels: &[String],
    ) -> Self {
        let in_prometheus = PrometheusMetric::from(metric.facts());
        let series = reporter_labels.select(in_prometheus.name(), &[]);
        let unit = metric.unit().filter(|_| in_prometheus.base_unit().is_some());
        let goal = Goal::new(written.comparison(), in_prometheus.to_base_unit(written.target()));
        let combined = |aggregate| {
            let values = aggregated(aggregate, &series, labels);
            let unit_size = in_prometheus.to_base_unit(1.0) - in_prometheus.to_base_unit(0.0);
            // Sums of converted values are not exact: for 100 and 200 ms, the sum is 0.30000000000000004 s. It must not miss the
            // goal `<= 300`.
            if unit_size < 1.0 && matches!(aggregate, Aggregate::Sum | Aggregate::Avg) {
                let scale = (1e6 / unit_size).round();
                format!("(round({values} * {scale}) / {scale})")
            } else {
                values
            }
        };
        let distance = |aggregate| match metric.aggregate() {
            Some(aggregate) => distance(&combined(aggregate), goal),
            None => aggregated(aggregate, &distance(&series, goal), labels),
        };
        Self {
            name: metric.key().to_owned(),
            value: combined(metric.aggregate_or_default()),
            distances: [Aggregate::Max, Aggregate::Min].map(distance),
            goal,
            recovery: alerting.recovery.map(|recovery| in_prometheus.to_base_unit(recovery)),
            written: unit.map_or_else(|| written.to_string(), |unit| format!("{written} {unit}")),
            base_unit: in_prometheus.base_unit(),
            is_of_interval: is_of_interval(metric),
        }
    }

    /// The quantity of a goal of two metrics, in the metrics' own units.
    pub(super) fn from_combination(
        goal: &TwoMetricGoalFacts<'_>,
        alerting: &Alerting,
        reporter_labels: &ReporterLabels,
        labels: &[String],
    ) -> Self {
        let TwoMetricGoalFacts { left, operator, right, goal, .. } = goal;
        let [left_aggregate, right_aggregate] = combined_aggregates(left, right);
        let side = |metric: &Facts, aggregate| {
            let in_prometheus = PrometheusMetric::from(metric);
            in_prometheus.in_own_unit(&aggregated(
                aggregate,
                &reporter_labels.select(in_prometheus.name(), &[]),
                labels,
            ))
        };
        let (left_side, right_side) = (side(left, left_aggregate), side(right, right_aggregate));
        let combined = match operator {
            // Without the comparison, a divisor of 0 would result in infinity.
            Operator::Divide => format!("({left_side} / ({right_side} != 0))"),
            Operator::Subtract | Operator::Add => format!("({left_side} {operator} {right_side})"),
        };
        let is_converted =
            [left, right].into_iter().any(|metric| PrometheusMetric::from(*metric).is_converted());
        // A conversion there and back may change the last digit, and `<= 250` must not be missed by 250.00000000000003.
        let value = if is_converted { format!("(round({combined} * 1e6) / 1e6)") } else { combined };
        let distance = distance(&value, *goal);
        Self {
            name: format!("{} {operator} {}", left.key(), right.key()),
            distances: [distance.clone(), distance],
            value,
            goal: *goal,
            recovery: alerting.recovery,
            written: goal.to_string(),
            base_unit: None,
            is_of_interval: is_of_interval(left) || is_of_interval(right),
        }
    }
}

/// The distance of values from the target of a goal. For a value that equals the target, it is exactly 0.
fn distance(values: &str, goal: Goal) -> String {
    match goal.target() {
        0.0 => format!("abs({values})"),
        negative if negative < 0.0 => format!("abs({values} + {})", -negative),
        positive => format!("abs({values} - {positive})"),
    }
}

fn is_of_interval(metric: &Facts) -> bool {
    matches!(metric.kind(), Kind::Count { .. } | Kind::Rate { .. })
}
