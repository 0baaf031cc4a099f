//! Aggregates the values of distributions: those of all series in a bucket of time together.
//! See <https://docs.datadoghq.com/metrics/distributions/>.

/// The percentiles that queries may have here, by their names. Datadog also computes others, such as `p99.9`.
const PERCENTILES: [(&str, f64); 5] =
    [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];

/// Whether an aggregator is one of [`PERCENTILES`]. Only distributions have them.
pub(super) fn is_percentile(aggregator: &str) -> bool {
    PERCENTILES.iter().any(|(name, _)| *name == aggregator)
}

/// Aggregates values, each with the number of times that it counts. There must be at least one value.
pub(super) fn aggregate(aggregator: &str, mut values: Vec<(f64, f64)>) -> f64 {
    values.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let count: f64 = values.iter().map(|(_, weight)| weight).sum();
    let sum: f64 = values.iter().map(|(value, weight)| value * weight).sum();
    let value_at = |rank: f64| {
        let mut cumulative_weight = 0.0;
        let found = values.iter().find(|(_, weight)| {
            cumulative_weight += weight;
            cumulative_weight >= rank
        });
        found.or(values.last()).map_or(f64::NAN, |(value, _)| *value)
    };
    match aggregator {
        "sum" => sum,
        "count" => count,
        "min" => value_at(0.0),
        "max" => value_at(count),
        _ => match PERCENTILES.iter().find(|(name, _)| *name == aggregator) {
            Some((_, quantile)) => value_at(quantile * count),
            None => sum / count,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the results are exact")]
    fn all_values_count_as_often_as_they_were_measured() {
        // 99 times 1, and once 100.
        let values = || vec![(100.0, 1.0), (1.0, 99.0)];
        let all = ["avg", "sum", "min", "max", "count", "p50", "p75", "p90", "p95", "p99"];

        let found = all.map(|aggregator| aggregate(aggregator, values()));

        assert_eq!(found, [1.99, 199.0, 1.0, 100.0, 100.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(aggregate("p99", vec![(1.0, 98.0), (100.0, 2.0)]), 100.0);
        assert!(is_percentile("p95") && !is_percentile("avg") && !is_percentile("p42"));
    }
}
