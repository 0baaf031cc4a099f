//! A goal says what the value of a metric should be: `< 5`, `>= 1`, `== 0`.

use std::{fmt, str::FromStr};

/// What the value of a metric should be, such as `< 5`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    comparison: Comparison,
    target: f64,
}

/// How a value is compared with the target of a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// The symbols, longer ones first, so that `<=` is not read as `<`.
const SYMBOLS: [(&str, Comparison); 6] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// Why a goal was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoalError {
    /// The text does not start with a comparison.
    #[error("goal `{0}` must start with `<`, `<=`, `>`, `>=`, `==` or `!=`; write a goal such as \"< 5\"")]
    Comparison(String),
    /// The comparison is not followed by a finite number.
    #[error("goal `{0}` must compare with a finite number; write a goal such as \"< 5\"")]
    Target(String),
}

impl Goal {
    /// A goal from its parts. The target must be finite, as in every parsed goal.
    #[must_use]
    pub const fn new(comparison: Comparison, target: f64) -> Self {
        Self { comparison, target }
    }

    /// Whether a value meets the goal.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "`== 0` means exactly 0; a tolerance would be a surprise")]
    pub fn is_met_by(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::Less => value < self.target,
            Comparison::LessOrEqual => value <= self.target,
            Comparison::Greater => value > self.target,
            Comparison::GreaterOrEqual => value >= self.target,
            Comparison::Equal => value == self.target,
            Comparison::NotEqual => value != self.target,
        }
    }

    /// How a value is compared with the target.
    #[must_use]
    pub const fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// The number that a value is compared with.
    #[must_use]
    pub const fn target(&self) -> f64 {
        self.target
    }
}

impl FromStr for Goal {
    type Err = GoalError;

    fn from_str(text: &str) -> Result<Self, GoalError> {
        let (comparison, rest) = SYMBOLS
            .iter()
            .find_map(|(symbol, comparison)| Some((*comparison, text.trim().strip_prefix(symbol)?)))
            .ok_or_else(|| GoalError::Comparison(text.to_owned()))?;
        // `<>` and `===` are not comparisons.
        if rest.starts_with(['<', '>', '=', '!']) {
            return Err(GoalError::Comparison(text.to_owned()));
        }
        match rest.trim().parse::<f64>() {
            Ok(target) if target.is_finite() => Ok(Self { comparison, target }),
            _ => Err(GoalError::Target(text.to_owned())),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = SYMBOLS
            .iter()
            .find(|(_, comparison)| *comparison == self.comparison)
            .map_or("", |(symbol, _)| symbol);
        write!(f, "{symbol} {}", self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_and_displaying_a_goal_round_trips() {
        for (text, met, missed) in [
            ("< 5", 4.9, 5.0),
            ("<= 5", 5.0, 5.1),
            ("> 0.5", 0.6, 0.5),
            (">= 1", 1.0, 0.0),
            ("== 0", 0.0, 0.1),
            ("!= -3", 3.0, -3.0),
        ] {
            let goal: Goal = text.parse().unwrap();
            assert_eq!(goal.to_string(), text);
            assert!(goal.is_met_by(met), "{met} {text}");
            assert!(!goal.is_met_by(missed), "{missed} {text}");
        }
        assert_eq!(" <5 ".parse(), Ok(Goal::new(Comparison::Less, 5.0)));
        assert_eq!("< 1e3".parse(), Ok(Goal::new(Comparison::Less, 1000.0)));
    }

    #[test]
    fn text_that_is_not_a_goal_is_refused() {
        for text in ["", "5", "=> 5", "~ 5", "= 5", "<> 5", "<< 5", "=== 1"] {
            assert_eq!(text.parse::<Goal>(), Err(GoalError::Comparison(text.to_owned())));
        }
        for text in ["<", "< five", "< NaN", "> inf", "< 5 commits"] {
            assert_eq!(text.parse::<Goal>(), Err(GoalError::Target(text.to_owned())));
        }
    }
}
