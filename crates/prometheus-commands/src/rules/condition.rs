//! The condition of a rule: an expression that has a result while a goal is missed.
//!
//! Runs may be further apart than the 5 minutes for which Prometheus uses a sample, and a run in which a metric fails has no
//! value. So the condition looks back over the window. It aggregates first, at each minute, and looks back over the results: if
//! a tag such as `version` changes, the old and the new series do not count together. The exception is a remote write less than 5
//! minutes after the previous one, because Prometheus then still uses the last sample of the old series.

use std::time::Duration;

use system_health_registry::Comparison;

use super::{quantity::Quantity, rule::minutes, template};
use crate::promql::RESOLUTION;

/// The condition of a rule.
pub(super) struct Condition {
    /// The value that is compared.
    value: String,
    comparator: &'static str,
    target: f64,
    /// The value at which a firing alert ends.
    recovery: Option<f64>,
    /// Compares a value with `recovery`. While the comparison is true, a firing alert continues.
    recovery_comparator: &'static str,
    /// How long the goal must be missed before an alert fires. Default: it fires at once.
    pub(super) pending: Option<Duration>,
    /// One sentence that says what is wrong.
    pub(super) summary: String,
}

impl Condition {
    pub(super) fn new(quantity: &Quantity, window: Duration) -> Self {
        let Quantity { name, value, distances, goal, recovery, written, base_unit, is_of_interval } =
            quantity;
        let (max, min) = ("max_over_time", "min_over_time");
        let (over_time, value, comparator, target) = match goal.comparison() {
            Comparison::Less => (max, value, ">=", goal.target()),
            Comparison::LessOrEqual => (max, value, ">", goal.target()),
            Comparison::Greater => (min, value, "<=", goal.target()),
            Comparison::GreaterOrEqual => (min, value, "<", goal.target()),
            Comparison::Equal => (max, &distances[0], ">", 0.0),
            Comparison::NotEqual => (min, &distances[1], "==", 0.0),
        };
        // A count or a rate is about one interval, so one value that misses the goal is enough. A gauge may miss its goal
        // for a moment.
        let (over_time, pending) =
            if *is_of_interval { (over_time, None) } else { ("last_over_time", Some(window)) };
        let current = match goal.comparison() {
            Comparison::Equal | Comparison::NotEqual => String::new(),
            _ => format!(" is {} and", template::value(*base_unit)),
        };
        Self {
            value: format!("{over_time}({value}[{}:{RESOLUTION}])", minutes(window)),
            comparator,
            target,
            recovery: *recovery,
            recovery_comparator: if comparator.starts_with('>') { ">" } else { "<" },
            pending,
            summary: format!("{}{current} should be {}", template::escape(name), template::escape(written)),
        }
    }

    /// The expression. With a recovery threshold, an alert that fires does not end before the threshold is reached. `firing`
    /// selects the alerts that fire. `labels` are the labels that distinguish the groups.
    pub(super) fn expression(&self, firing: &str, labels: &[String]) -> String {
        let Self { value, comparator, target, recovery, recovery_comparator, .. } = self;
        let missed = format!("{value} {comparator} {target}");
        match recovery {
            None => missed,
            Some(recovery) => {
                let labels = labels.join(", ");
                format!("{missed} or ({value} {recovery_comparator} {recovery} and on ({labels}) {firing})")
            }
        }
    }
}
