//! An alert about a missed goal may end at another value than the one at which it starts, so that a
//! value which wavers about the goal does not tell people the same thing again and again.
//! See <https://docs.datadoghq.com/monitors/guide/recovery-thresholds/>.

use crate::{Comparison, Goal};

/// Why the value at which an alert ends was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// It is not a finite number.
    #[error("`{0}` is no finite number; write the value at which an alert ends, such as \"3\"")]
    NotFinite(String),
    /// There is no goal that could be missed.
    #[error(
        "an alert ends where a goal is met again; add one such as `goal = \"< 5\"`, or remove `recovery`"
    )]
    NoGoal,
    /// The goal is met by one value only, or by all but one.
    #[error("an alert about the goal `{0}` ends as soon as it is met; remove `recovery`")]
    Exact(String),
    /// The value is not beyond the target.
    #[error(
        "`{recovery}` is not beyond the target of the goal `{goal}`; an alert ends at a value that is clearly good"
    )]
    Missed {
        /// The goal.
        goal: String,
        /// The refused value.
        recovery: String,
    },
}

/// Reads the value at which an alert ends.
pub fn parse_recovery(text: &str) -> Result<f64, RecoveryError> {
    match text.trim().parse::<f64>() {
        Ok(recovery) if recovery.is_finite() => Ok(recovery),
        _ => Err(RecoveryError::NotFinite(text.to_owned())),
    }
}

/// Accepts a finite value on the good side of the goal's target. The goal compares with `<`, `<=`, `>` or `>=`.
pub fn check_recovery(recovery: f64, goal: Option<Goal>) -> Result<(), RecoveryError> {
    if !recovery.is_finite() {
        return Err(RecoveryError::NotFinite(recovery.to_string()));
    }
    let goal = goal.ok_or(RecoveryError::NoGoal)?;
    if matches!(goal.comparison(), Comparison::Equal | Comparison::NotEqual) {
        return Err(RecoveryError::Exact(goal.to_string()));
    }
    // At the target itself Datadog wants none: it ends an alert there anyway.
    let is_beyond = match goal.comparison() {
        Comparison::Less | Comparison::LessOrEqual => recovery < goal.target(),
        _ => recovery > goal.target(),
    };
    if is_beyond {
        Ok(())
    } else {
        Err(RecoveryError::Missed { goal: goal.to_string(), recovery: recovery.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(recovery: f64, goal: &str) -> Result<(), String> {
        check_recovery(recovery, goal.parse().ok()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn reads_finite_numbers() {
        assert_eq!(parse_recovery(" -2.5 "), Ok(-2.5));
        for text in ["", "three", "NaN", "inf", "3 commits"] {
            assert_eq!(parse_recovery(text), Err(RecoveryError::NotFinite(text.to_owned())));
        }
    }

    #[test]
    fn a_value_that_meets_the_goal_ends_an_alert() {
        for (recovery, goal) in [(3.0, "< 5"), (4.5, "<= 5"), (5.5, "> 5"), (6.0, ">= 5")] {
            assert_eq!(check(recovery, goal), Ok(()), "{recovery} {goal}");
        }
        for (recovery, goal) in [(5.0, "< 5"), (5.0, "<= 5"), (6.0, "<= 5"), (5.0, "> 5"), (5.0, ">= 5")] {
            let refusal = format!(
                "`{recovery}` is not beyond the target of the goal `{goal}`; an alert ends at a value that is clearly good"
            );
            assert_eq!(check(recovery, goal), Err(refusal));
        }
    }

    #[test]
    fn only_a_goal_with_a_threshold_has_a_recovery() {
        for goal in ["== 1", "!= 1"] {
            let refusal =
                format!("an alert about the goal `{goal}` ends as soon as it is met; remove `recovery`");
            assert_eq!(check(1.0, goal), Err(refusal));
        }
        assert_eq!(check_recovery(1.0, None), Err(RecoveryError::NoGoal));
        assert!(check(f64::NAN, "< 5").unwrap_err().starts_with("`NaN` is no finite number"));
    }
}
