//! A metric may have several series, as one for each repository. Where a single number is shown or
//! watched, an aggregate says how they become one.
//! See <https://docs.datadoghq.com/metrics/#space-aggregation>.

use std::{fmt, str::FromStr};

/// How the values of several series become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Their average.
    Avg,
    /// The least of them.
    Min,
    /// The greatest of them.
    Max,
    /// Their sum.
    Sum,
}

/// Why an aggregate was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no aggregate `{0}`; it is `avg`, `min`, `max` or `sum`")]
pub struct AggregateError(String);

const ALL: [Aggregate; 4] = [Aggregate::Avg, Aggregate::Min, Aggregate::Max, Aggregate::Sum];

impl Aggregate {
    /// The aggregate's name: `avg`, `min`, `max` or `sum`.
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
        let named = ALL.into_iter().find(|aggregate| aggregate.name() == text);
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
    fn reads_what_it_prints() {
        for name in ["avg", "min", "max", "sum"] {
            assert_eq!(name.parse::<Aggregate>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn refuses_what_is_no_aggregate() {
        for text in ["", "Max", "median", " sum"] {
            assert_eq!(text.parse::<Aggregate>(), Err(AggregateError(text.to_owned())));
        }
    }
}
