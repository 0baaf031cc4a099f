//! The queries of panels.
//!
//! Runs may be further apart than the 5 minutes for which Prometheus uses a sample. So each point of a graph is the last value
//! since the previous point. Series are combined first, at each minute: if a tag such as `version` changes, the old and the new
//! series do not count together, unless remote writes are less than 5 minutes apart.

use system_health_prometheus::PrometheusMetric;
use system_health_registry::{Aggregate, Facts, Kind};

use super::variables::matchers;
use crate::promql::{RESOLUTION, aggregated, label_name, selector};

/// The time over which the growth of counters and distributions is averaged. It should contain several runs.
const GROWTH_WINDOW: &str = "1h";
/// The quantile of distributions that is shown.
const QUANTILE: f64 = 0.95;

/// The values of a metric over time: one series, or one for each combination of the tags' values.
pub(super) fn query(metric: &Facts, by: &[&str], variables: &[&str]) -> String {
    let in_prometheus = PrometheusMetric::from(metric);
    let labels: Vec<String> = by.iter().map(|tag| label_name(tag)).collect();
    let series = |name: &str| selector(name, &matchers(variables));
    let aggregate = metric.aggregate_or_default();
    match metric.kind() {
        Kind::Gauge | Kind::Count { .. } | Kind::Rate { .. } => {
            let value = aggregated(aggregate, &series(in_prometheus.name()), &labels);
            format!("last_over_time({value}[$__rate_interval:{RESOLUTION}])")
        }
        Kind::Counter => aggregated(
            aggregate,
            &format!("rate({}[{GROWTH_WINDOW}])", series(in_prometheus.name())),
            &labels,
        ),
        Kind::Distribution => {
            let buckets = series(&format!("{}_bucket", in_prometheus.name()));
            let with_bounds = [&labels[..], &["le".to_owned()]].concat();
            let growth = |series, labels| {
                aggregated(Aggregate::Sum, &format!("rate({series}[{GROWTH_WINDOW}])"), labels)
            };
            // The distribution is either a native histogram or one with buckets. The other query has no result.
            format!(
                "histogram_quantile({QUANTILE}, {}) or histogram_quantile({QUANTILE}, {})",
                growth(series(in_prometheus.name()), &labels),
                growth(buckets, &with_bounds)
            )
        }
    }
}

/// Whether the values of the query are per second.
pub(super) fn is_per_second(metric: &Facts) -> bool {
    matches!(metric.kind(), Kind::Rate { .. } | Kind::Counter)
}
