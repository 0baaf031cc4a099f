//! When a monitor alerts: the condition that is true while a goal is missed.

use system_health_registry::{Comparison, Goal};

use crate::{plural::plural, words::harmless};

/// What a goal is about.
pub(super) struct Quantity<'a> {
    /// What people call it: a key, or `ci.errors / ci.runs`.
    pub(super) name: &'a str,
    pub(super) unit: Option<&'a str>,
    /// Its query.
    pub(super) query: String,
    /// Queries of the outermost ones of its values, which show whether all are equal to something.
    pub(super) outermost: Vec<String>,
}

/// When to alert.
pub(super) struct Condition {
    /// How the values within the window become one.
    pub(super) over_time: &'static str,
    /// The query of what is compared.
    pub(super) value: String,
    pub(super) comparator: &'static str,
    pub(super) critical: f64,
    /// The sentence of the alert.
    pub(super) alert: String,
}

impl Condition {
    pub(super) fn of(quantity: &Quantity<'_>, goal: Goal) -> Self {
        let Quantity { name, unit, query, outermost } = quantity;
        let target = goal.target();
        let word = |unit: &str| format!(" {}", harmless(unit));
        let units = unit.map(|unit| word(&plural(unit))).unwrap_or_default();
        let units_of_target = match target {
            1.0 => unit.map(word).unwrap_or_default(),
            _ => units.clone(),
        };
        let is = format!("`{name}` is {{{{value}}}}{units} and should be {goal}.");
        let distance = |query: &String| match target {
            0.0 => format!("abs({query})"),
            below if below < 0.0 => format!("abs({query} + {})", -below),
            above => format!("abs({query} - {above})"),
        };
        let distances = |operator: &str| outermost.iter().map(distance).collect::<Vec<_>>().join(operator);
        let (over_time, value, comparator, critical, alert) = match goal.comparison() {
            Comparison::Less => ("max", query.clone(), ">=", target, is),
            Comparison::LessOrEqual => ("max", query.clone(), ">", target, is),
            Comparison::Greater => ("min", query.clone(), "<=", target, is),
            Comparison::GreaterOrEqual => ("min", query.clone(), "<", target, is),
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
