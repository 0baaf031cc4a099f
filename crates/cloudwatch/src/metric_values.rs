//! The values of a point.

use system_health_registry::Value;

use crate::limits::MAX_EXPONENT;

/// A number, or the distinct numbers of a distribution in ascending order, each with its count.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MetricValues {
    Number(f64),
    Distribution(Vec<(f64, u64)>),
}

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("{0} is not a number from -2^{MAX_EXPONENT} to 2^{MAX_EXPONENT}")]
    OutOfRange(f64),
    #[error("the distribution has no values")]
    Empty,
}

impl TryFrom<&Value> for MetricValues {
    type Error = ValueError;

    fn try_from(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Number(number) => Ok(Self::Number(checked(*number)?)),
            Value::Distribution(distribution) => {
                let mut values = Vec::<(f64, u64)>::new();
                for (value, count) in distribution.values() {
                    let value = checked(value)?;
                    match values.last_mut() {
                        // CloudWatch requires distinct values.
                        Some((last, total)) if last.total_cmp(&value).is_eq() => {
                            *total = total.saturating_add(count);
                        }
                        _ => values.push((value, count)),
                    }
                }
                if values.is_empty() { Err(ValueError::Empty) } else { Ok(Self::Distribution(values)) }
            }
        }
    }
}

fn checked(value: f64) -> Result<f64, ValueError> {
    let largest = f64::from(MAX_EXPONENT).exp2();
    if value.abs() <= largest { Ok(value) } else { Err(ValueError::OutOfRange(value)) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use system_health_registry::Distribution;

    use super::*;

    fn from_distribution(values: &[f64]) -> Result<MetricValues, ValueError> {
        let distribution = Distribution::from_values(values.iter().copied()).unwrap();
        MetricValues::try_from(&Value::Distribution(Arc::new(distribution)))
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let from_number = |number: f64| MetricValues::try_from(&Value::Number(number));
        let largest = 360_f64.exp2();

        assert_eq!(from_number(-largest), Ok(MetricValues::Number(-largest)));
        assert_eq!(from_number(1e-300), Ok(MetricValues::Number(1e-300)));
        assert_eq!(from_number(largest * 1.01), Err(ValueError::OutOfRange(largest * 1.01)));
        assert!(from_number(f64::INFINITY).is_err() && from_number(f64::NAN).is_err());
    }

    #[test]
    fn a_distribution_becomes_values_with_counts() {
        assert_eq!(from_distribution(&[2.0, 2.0]), Ok(MetricValues::Distribution(vec![(2.0, 2)])));
        assert_eq!(from_distribution(&[]), Err(ValueError::Empty));
        assert!(matches!(from_distribution(&[1.0, 1e200]), Err(ValueError::OutOfRange(_))));
    }
}
