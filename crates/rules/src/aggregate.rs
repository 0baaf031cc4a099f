//! A metric may have several series, such as one for each repository. An aggregate says how the values of these series become
//! the one value that a dashboard shows or a monitor evaluates.
//! See <https://docs.datadoghq.com/metrics/#space-aggregation>.

use std::{fmt, str::FromStr};

/// How the values of several series become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// The average.
    Avg,
    /// The minimum.
    Min,
    /// The maximum.
    Max,
    /// The sum.
    Sum,
}

/// Why an aggregate was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no aggregate `{0}`; an aggregate is `avg`, `min`, `max` or `sum`")]
pub struct AggregateError(String);

const AGGREGATES: [Aggregate; 4] = [Aggregate::Avg, Aggregate::Min, Aggregate::Max, Aggregate::Sum];

impl Aggregate {
    /// The name: `avg`, `min`, `max` or `sum`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
        }
    }
}

impl FromStr for Aggregate {
    type Err = AggregateError;

    fn from_str(text: &str) -> Result<Self, AggregateError> {
        let named = AGGREGATES.into_iter().find(|aggregate| aggregate.name() == text);
        named.ok_or_else(|| AggregateError(text.to_owned()))
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_and_displaying_an_aggregate_round_trips() {
        for name in ["avg", "min", "max", "sum"] {
            assert_eq!(name.parse::<Aggregate>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn text_that_is_not_an_aggregate_is_refused() {
        for text in ["", "Max", "median", " sum"] {
            assert_eq!(text.parse::<Aggregate>(), Err(AggregateError(text.to_owned())));
        }
    }
}
