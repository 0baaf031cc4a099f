//! The condition of a monitor, which is true while a goal is missed.

use system_health_registry::{Comparison, Goal};

use crate::{escape::escape, manage::plural::plural};

/// The quantity that a goal limits.
pub(super) struct Quantity<'a> {
    /// Its name in messages: a key, or a formula such as `ci.errors / ci.runs`.
    pub(super) name: &'a str,
    pub(super) unit: Option<&'a str>,
    /// Its query.
    pub(super) query: String,
    /// The queries that a goal with `==` or `!=` compares: for the maximum and the minimum of several series, or a single query.
    pub(super) outermost: Vec<String>,
}

/// When a monitor alerts.
pub(super) struct AlertCondition {
    /// How the values in the window are combined.
    pub(super) over_time: &'static str,
    /// The query whose value is compared.
    pub(super) value: String,
    pub(super) comparator: &'static str,
    pub(super) critical: f64,
    /// The text of the alert, one sentence.
    pub(super) alert: String,
}

impl AlertCondition {
    pub(super) fn new(quantity: &Quantity<'_>, goal: Goal) -> Self {
        let Quantity { name, unit, query, outermost } = quantity;
        let target = goal.target();
        let word = |unit: &str| format!(" {}", escape(unit));
        let units = unit.map(|unit| word(&plural(unit))).unwrap_or_default();
        let units_of_target = match target {
            1.0 => unit.map(word).unwrap_or_default(),
            _ => units.clone(),
        };
        let sentence = format!("`{name}` is {{{{value}}}}{units} and should be {goal}.");
        let distance = |query: &String| match target {
            0.0 => format!("abs({query})"),
            below if below < 0.0 => format!("abs({query} + {})", -below),
            above => format!("abs({query} - {above})"),
        };
        let distances = |operator: &str| outermost.iter().map(distance).collect::<Vec<_>>().join(operator);
        let (over_time, value, comparator, critical, alert) = match goal.comparison() {
            Comparison::Less => ("max", query.clone(), ">=", target, sentence),
            Comparison::LessOrEqual => ("max", query.clone(), ">", target, sentence),
            Comparison::Greater => ("min", query.clone(), "<=", target, sentence),
            Comparison::GreaterOrEqual => ("min", query.clone(), "<", target, sentence),
            Comparison::Equal => (
                "max",
                distances(" + "),
                ">",
                0.0,
                format!("`{name}` is not {target}{units_of_target}; it should be {goal}."),
            ),
            Comparison::NotEqual => (
                "min",
                distances(" * "),
                "<=",
                0.0,
                format!("`{name}` is {target}{units_of_target} and should be {goal}."),
            ),
        };
        Self { over_time, value, comparator, critical, alert }
    }
}
