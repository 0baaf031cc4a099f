//! A goal of two metrics: `commits.reverts / commits.hotfix < 0.5`.
//!
//! The left side has two metrics and one operator, but no numbers, parentheses or functions. Every backend can evaluate this
//! in the same way. A longer calculation should be a metric of its own. Multiplication is not supported, because no useful
//! goal needs it.

use std::{fmt, str::FromStr};

use crate::{Goal, GoalError, check_key};

/// A goal of two metrics, such as `commits.reverts / commits.hotfix < 0.5`.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoMetricGoal {
    left: String,
    operator: Operator,
    right: String,
    goal: Goal,
}

/// How two values are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `/`; there is no result if the divisor is 0.
    Divide,
    /// `-`
    Subtract,
    /// `+`
    Add,
}

/// Why a goal of two metrics was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TwoMetricGoalError {
    /// The key of a metric is missing.
    #[error("`{goal}` needs the key of a metric instead of {found}{EXAMPLE}")]
    Metric {
        /// The whole goal.
        goal: String,
        /// The word where the key should be.
        found: UnexpectedWord,
    },
    /// The first metric is not followed by an operator.
    #[error("`{goal}` needs `/`, `-` or `+` after `{left}` instead of {found}{EXAMPLE}")]
    Operator {
        /// The whole goal.
        goal: String,
        /// The key of the first metric.
        left: String,
        /// The word where the operator should be.
        found: UnexpectedWord,
    },
    /// The second metric is not followed by a comparison.
    #[error("`{goal}` needs `<`, `<=`, `>`, `>=`, `==` or `!=` after `{right}` instead of {found}{EXAMPLE}")]
    Comparison {
        /// The whole goal.
        goal: String,
        /// The key of the second metric.
        right: String,
        /// The word where the comparison should be.
        found: UnexpectedWord,
    },
    /// The comparison is not followed by a finite number.
    #[error("`{goal}` must compare with a finite number instead of {found}{EXAMPLE}")]
    Target {
        /// The whole goal.
        goal: String,
        /// The text where the number should be.
        found: UnexpectedWord,
    },
    /// Both metrics are the same.
    #[error("`{goal}` combines `{key}` with itself; it needs two metrics{EXAMPLE}")]
    Same {
        /// The whole goal.
        goal: String,
        /// The key.
        key: String,
    },
}

const EXAMPLE: &str = "; write a goal such as \"commits.reverts / commits.hotfix < 0.5\"";

/// The part of a goal that was refused: a word, the whole text in place of a number, or the end of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnexpectedWord(String);

const OPERATORS: [(char, Operator); 3] =
    [('/', Operator::Divide), ('-', Operator::Subtract), ('+', Operator::Add)];

impl TwoMetricGoal {
    /// The key of the first metric.
    #[must_use]
    pub fn left(&self) -> &str {
        &self.left
    }

    /// How the two values are combined.
    #[must_use]
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// The key of the second metric.
    #[must_use]
    pub fn right(&self) -> &str {
        &self.right
    }

    /// What the result should be.
    #[must_use]
    pub const fn goal(&self) -> Goal {
        self.goal
    }
}

impl Operator {
    /// Combines two values. There is no result if the divisor is 0.
    #[must_use]
    pub fn combine(self, left: f64, right: f64) -> Option<f64> {
        match self {
            Self::Divide if right == 0.0 => None,
            Self::Divide => Some(left / right),
            Self::Subtract => Some(left - right),
            Self::Add => Some(left + right),
        }
    }
}

impl FromStr for TwoMetricGoal {
    type Err = TwoMetricGoalError;

    fn from_str(goal: &str) -> Result<Self, TwoMetricGoalError> {
        let text = || goal.trim().to_owned();
        let metric =
            |rest| split_key(rest).map_err(|found| TwoMetricGoalError::Metric { goal: text(), found });
        let (left, rest) = metric(goal)?;
        let rest = rest.trim_start();
        let next = rest.chars().next();
        let (_, operator) = OPERATORS.into_iter().find(|(sign, _)| next == Some(*sign)).ok_or_else(|| {
            TwoMetricGoalError::Operator {
                goal: text(),
                left: left.to_owned(),
                found: UnexpectedWord::first_of(rest),
            }
        })?;
        // Each operator is one byte.
        let (right, rest) = metric(&rest[1..])?;
        let compared = rest.parse::<Goal>().map_err(|refusal| match refusal {
            GoalError::Comparison(rest) => TwoMetricGoalError::Comparison {
                goal: text(),
                right: right.to_owned(),
                found: UnexpectedWord::first_of(&rest),
            },
            GoalError::Target(rest) => {
                let after = rest.trim_start().get(1..).unwrap_or_default();
                // In `5 commits`, the first word is a number, so it cannot be named as the mistake.
                let found = after.strip_prefix('=').unwrap_or(after).trim();
                TwoMetricGoalError::Target { goal: text(), found: UnexpectedWord(found.to_owned()) }
            }
        })?;
        if left == right {
            return Err(TwoMetricGoalError::Same { goal: text(), key: left.to_owned() });
        }
        Ok(Self { left: left.to_owned(), operator, right: right.to_owned(), goal: compared })
    }
}

/// Splits a text into the key at its start and the rest.
fn split_key(text: &str) -> Result<(&str, &str), UnexpectedWord> {
    let text = text.trim_start();
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let (key, rest) = text.split_at(text.find(|c| !is_key_char(c)).unwrap_or(text.len()));
    check_key(key).map(|()| (key, rest)).map_err(|_| UnexpectedWord::first_of(text))
}

impl UnexpectedWord {
    /// The first word of the rest of a goal.
    fn first_of(rest: &str) -> Self {
        Self(rest.split_whitespace().next().unwrap_or_default().to_owned())
    }
}

impl fmt::Display for UnexpectedWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("nothing") } else { write!(f, "`{}`", self.0) }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Divide => "/",
            Self::Subtract => "-",
            Self::Add => "+",
        })
    }
}

impl fmt::Display for TwoMetricGoal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.left, self.operator, self.right, self.goal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_and_displaying_a_goal_round_trips() {
        for text in ["commits.reverts / commits.hotfix < 0.5", "a - b == 0", "a_1.b + Z9 >= -1.5"] {
            assert_eq!(text.parse::<TwoMetricGoal>().unwrap().to_string(), text);
        }
        let goal: TwoMetricGoal = "  a-b!=1e3 ".parse().unwrap();
        assert_eq!((goal.left(), goal.operator(), goal.right()), ("a", Operator::Subtract, "b"));
        assert_eq!(goal.goal(), "!= 1000".parse().unwrap());
    }

    #[test]
    fn an_error_names_the_unexpected_word() {
        let message = |text: &str| text.parse::<TwoMetricGoal>().unwrap_err().to_string();
        let example = "; write a goal such as \"commits.reverts / commits.hotfix < 0.5\"";
        for (text, says) in [
            ("", "`` needs the key of a metric instead of nothing"),
            ("100 * a / b < 5", "needs the key of a metric instead of `100`"),
            ("(a / b) < 5", "needs the key of a metric instead of `(a`"),
            ("a / < 5", "needs the key of a metric instead of `<`"),
            ("a / 5 < 5", "needs the key of a metric instead of `5`"),
            ("a /", "needs the key of a metric instead of nothing"),
            ("a < 5", "`a < 5` needs `/`, `-` or `+` after `a` instead of `<`"),
            ("a", "needs `/`, `-` or `+` after `a` instead of nothing"),
            ("a * b < 5", "needs `/`, `-` or `+` after `a` instead of `*`"),
            ("a é b < 5", "needs `/`, `-` or `+` after `a` instead of `é`"),
            ("a / b", "needs `<`, `<=`, `>`, `>=`, `==` or `!=` after `b` instead of nothing"),
            ("a / b / c < 5", "after `b` instead of `/`"),
            ("a / b = 5", "after `b` instead of `=`"),
            ("ci-errors / ci < 5", "`ci-errors / ci < 5` needs `<`,"),
            ("a / b <", "must compare with a finite number instead of nothing"),
            ("a / b << 5", "after `b` instead of `<<`"),
            ("a / b <= c", "must compare with a finite number instead of `c`"),
            ("a / b < inf", "must compare with a finite number instead of `inf`"),
            ("a / b < 5 commits", "must compare with a finite number instead of `5 commits`"),
            ("a / a < 5", "`a / a < 5` combines `a` with itself; it needs two metrics"),
        ] {
            let message = message(text);
            assert!(message.contains(says) && message.ends_with(example), "{text}: {message}");
        }
    }
}
