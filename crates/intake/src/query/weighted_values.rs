//! Distributions in queries. Datadog aggregates all values of a distribution, and not those of each series first.
//! See <https://docs.datadoghq.com/metrics/distributions/>.

/// Values, each with the number of times that it counts.
#[derive(Debug, Default)]
pub(super) struct WeightedValues(Vec<(f64, f64)>);

impl WeightedValues {
    pub(super) fn add(&mut self, value: f64, weight: f64) {
        self.0.push((value, weight));
    }

    /// The values as one number.
    pub(super) fn aggregate(&mut self, aggregator: &str) -> f64 {
        let values = || self.0.iter().map(|(value, _)| *value);
        let sum = || self.0.iter().map(|(value, weight)| value * weight).sum::<f64>();
        let count = self.0.iter().map(|(_, weight)| weight).sum::<f64>();
        match aggregator {
            "sum" => sum(),
            "count" => count,
            "min" => values().fold(f64::INFINITY, f64::min),
            "max" => values().fold(f64::NEG_INFINITY, f64::max),
            _ => match percentile(aggregator) {
                Some(percentile) => self.quantile(percentile / 100.0 * count),
                None => sum() / count,
            },
        }
    }

    /// The least value up to which at least this many values lie.
    fn quantile(&mut self, rank: f64) -> f64 {
        self.0.sort_by(|(one, _), (next, _)| one.total_cmp(next));
        let mut up_to = 0.0;
        let found = self.0.iter().find(|(_, weight)| {
            up_to += weight;
            up_to >= rank
        });
        found.or(self.0.last()).map_or(f64::NAN, |(value, _)| *value)
    }
}

/// The percentile of an aggregator such as `p95`.
pub(super) fn percentile(aggregator: &str) -> Option<f64> {
    aggregator.strip_prefix('p')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_values_count_as_often_as_they_occurred() {
        let mut values = WeightedValues::default();
        for (value, weight) in [(10.0, 1.0), (1.0, 97.0), (4.0, 2.0)] {
            values.add(value, weight);
        }
        for (aggregator, expected) in [
            ("count", 100.0),
            ("sum", 115.0),
            ("avg", 1.15),
            ("min", 1.0),
            ("max", 10.0),
            ("p50", 1.0),
            ("p95", 1.0),
            ("p99", 4.0),
        ] {
            assert!((values.aggregate(aggregator) - expected).abs() < 1e-9, "{aggregator}");
        }
    }
}
