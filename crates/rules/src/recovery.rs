//! The recovery threshold: the value at which an alert about a missed goal ends. If it differs from the goal, a value
//! that moves back and forth around the goal does not cause one alert after another.
//! See <https://docs.datadoghq.com/monitors/guide/recovery-thresholds/>.

use crate::{Comparison, Goal};

/// Why a recovery threshold was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// It is not a finite number.
    #[error("`{0}` is not a finite number; write the value at which an alert ends, such as \"3\"")]
    NotFinite(String),
    /// The metric has no goal.
    #[error("a recovery threshold needs a goal; add a goal such as `goal = \"< 5\"`, or remove `recovery`")]
    NoGoal,
    /// The goal compares with `==` or `!=`.
    #[error("an alert about the goal `{0}` ends as soon as it is met; remove `recovery`")]
    Exact(String),
    /// The threshold is not better than the target of the goal.
    #[error(
        "`{recovery}` is not better than the target of the goal `{goal}`; an alert must end at a value that is better"
    )]
    NotBetterThanTarget {
        /// The goal.
        goal: String,
        /// The refused threshold.
        recovery: String,
    },
}

/// Parses a recovery threshold.
pub fn parse_recovery(text: &str) -> Result<f64, RecoveryError> {
    match text.trim().parse::<f64>() {
        Ok(recovery) if recovery.is_finite() => Ok(recovery),
        _ => Err(RecoveryError::NotFinite(text.to_owned())),
    }
}

/// Accepts a finite threshold that is better than the target of a goal with `<`, `<=`, `>` or `>=`.
pub fn check_recovery(recovery: f64, goal: Option<Goal>) -> Result<(), RecoveryError> {
    if !recovery.is_finite() {
        return Err(RecoveryError::NotFinite(recovery.to_string()));
    }
    let goal = goal.ok_or(RecoveryError::NoGoal)?;
    if matches!(goal.comparison(), Comparison::Equal | Comparison::NotEqual) {
        return Err(RecoveryError::Exact(goal.to_string()));
    }
    // Datadog refuses a threshold that is equal to the target.
    let is_better = match goal.comparison() {
        Comparison::Less | Comparison::LessOrEqual => recovery < goal.target(),
        _ => recovery > goal.target(),
    };
    if is_better {
        Ok(())
    } else {
        Err(RecoveryError::NotBetterThanTarget { goal: goal.to_string(), recovery: recovery.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(recovery: f64, goal: &str) -> Result<(), String> {
        check_recovery(recovery, goal.parse().ok()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_threshold_is_a_finite_number() {
        assert_eq!(parse_recovery(" -2.5 "), Ok(-2.5));
        for text in ["", "three", "NaN", "inf", "3 commits"] {
            assert_eq!(parse_recovery(text), Err(RecoveryError::NotFinite(text.to_owned())));
        }
    }

    #[test]
    fn a_threshold_is_better_than_the_target() {
        for (recovery, goal) in [(3.0, "< 5"), (4.5, "<= 5"), (5.5, "> 5"), (6.0, ">= 5")] {
            assert_eq!(check(recovery, goal), Ok(()), "{recovery} {goal}");
        }
        for (recovery, goal) in [(5.0, "< 5"), (5.0, "<= 5"), (6.0, "<= 5"), (5.0, "> 5"), (5.0, ">= 5")] {
            let refusal = format!(
                "`{recovery}` is not better than the target of the goal `{goal}`; an alert must end at a value that is better"
            );
            assert_eq!(check(recovery, goal), Err(refusal));
        }
    }

    #[test]
    fn equality_goals_have_no_threshold() {
        for goal in ["== 1", "!= 1"] {
            let refusal =
                format!("an alert about the goal `{goal}` ends as soon as it is met; remove `recovery`");
            assert_eq!(check(1.0, goal), Err(refusal));
        }
    }

    #[test]
    fn a_threshold_needs_a_goal_and_must_be_finite() {
        assert_eq!(check_recovery(1.0, None), Err(RecoveryError::NoGoal));
        assert!(check(f64::NAN, "< 5").unwrap_err().starts_with("`NaN` is not a finite number"));
    }
}
