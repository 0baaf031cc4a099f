//! Which two metrics a goal can combine.

use std::mem::discriminant;

use system_health_registry::{Facts, Operator, self_metrics::is_self_metric};

/// Two metrics that cannot be combined.
#[derive(Debug, thiserror::Error)]
pub(super) enum CombinationError {
    #[error(
        "only one of the two metrics is about the reporter; their values have different tags, so they cannot be combined"
    )]
    AboutReporter,
    #[error("{left} and {right}; `{operator}` needs metrics with the same unit, unlike `/`")]
    Unit { left: String, right: String, operator: Operator },
    #[error("{left} and {right}; `{operator}` needs metrics of the same kind, unlike `/`")]
    Kind { left: String, right: String, operator: Operator },
}

/// Either both metrics are about the reporter, or neither. Any such pair can be divided. To be added or subtracted, the two
/// also need the same unit and kind.
pub(super) fn check_combination(
    left: &Facts,
    right: &Facts,
    operator: Operator,
) -> Result<(), CombinationError> {
    if is_self_metric(left.key()) != is_self_metric(right.key()) {
        return Err(CombinationError::AboutReporter);
    }
    if operator == Operator::Divide {
        return Ok(());
    }
    if left.unit() != right.unit() {
        let [left, right] = [left, right].map(|facts| match facts.unit() {
            None => format!("{} has no unit", facts.key()),
            Some(unit) => format!("{} has the unit `{unit}`", facts.key()),
        });
        return Err(CombinationError::Unit { left, right, operator });
    }
    if discriminant(&left.kind()) != discriminant(&right.kind()) {
        let [left, right] =
            [left, right].map(|facts| format!("{} is a {}", facts.key(), facts.kind().name()));
        return Err(CombinationError::Kind { left, right, operator });
    }
    Ok(())
}
