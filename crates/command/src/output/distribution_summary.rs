//! A distribution for programs: the numbers that people ask for, without its buckets.

use serde::Serialize;
use system_health_registry::Distribution;

use super::value::ExactValue;

/// The count, the sum, the range and some quantiles of a distribution.
#[derive(Serialize)]
pub(crate) struct DistributionSummary {
    pub(crate) count: u64,
    sum: ExactValue,
    min: Option<ExactValue>,
    max: Option<ExactValue>,
    pub(crate) p50: Option<ExactValue>,
    p90: Option<ExactValue>,
    pub(crate) p99: Option<ExactValue>,
}

impl From<&Distribution> for DistributionSummary {
    fn from(values: &Distribution) -> Self {
        let quantile = |quantile| values.quantile(quantile).map(ExactValue);
        Self {
            count: values.count(),
            sum: ExactValue(values.sum()),
            min: values.min().map(ExactValue),
            max: values.max().map(ExactValue),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
        }
    }
}
