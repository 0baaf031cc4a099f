//! The value of a sample or a point.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

use crate::Distribution;

/// The value of a sample or a point: a number, or many values as a distribution.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number. It is finite in every sample.
    Number(f64),
    /// Many values, of a metric of the kind `distribution`.
    Distribution(Arc<Distribution>),
}

impl Value {
    /// The number. `None` for a distribution.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Distribution(_) => None,
        }
    }

    /// The distribution. `None` for a number.
    #[must_use]
    pub fn distribution(&self) -> Option<&Distribution> {
        match self {
            Self::Number(_) => None,
            Self::Distribution(distribution) => Some(distribution),
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Distribution> for Value {
    fn from(distribution: Distribution) -> Self {
        Self::Distribution(Arc::new(distribution))
    }
}

impl PartialEq<f64> for Value {
    fn eq(&self, number: &f64) -> bool {
        self.number() == Some(*number)
    }
}

impl PartialEq<f64> for &Value {
    fn eq(&self, number: &f64) -> bool {
        **self == *number
    }
}

/// The number, or the buckets of the distribution.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(serializer),
            Self::Distribution(distribution) => distribution.serialize(serializer),
        }
    }
}

/// The number, or the count and some quantiles of the values.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Distribution(distribution) => distribution.fmt(f),
        }
    }
}
