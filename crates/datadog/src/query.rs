//! Metrics in Datadog's query language. See <https://docs.datadoghq.com/dashboards/querying/>.

use system_health_registry::{Aggregate, Comparison, Kind, Metric};

/// A metric over what is in scope, as one series or as one for each value of some tags.
pub(crate) fn metric_query(metric: &Metric, scope: &str, by: &[String]) -> String {
    metric_query_of(metric, aggregate(metric), scope, by)
}

/// The same with an aggregate of one's own choice.
pub(crate) fn metric_query_of(metric: &Metric, aggregate: Aggregate, scope: &str, by: &[String]) -> String {
    let by = if by.is_empty() { String::new() } else { format!(" by {{{}}}", by.join(",")) };
    let modifier = match metric.kind() {
        Kind::Gauge => "",
        Kind::Count { .. } => ".as_count()",
        Kind::Rate { .. } => ".as_rate()",
    };
    format!("{}:{}{{{scope}}}{by}{modifier}", aggregate.name(), metric.key())
}

/// How several series become one: as the metric says, else counts and rates add up, and of gauges the one
/// farthest from the goal counts.
fn aggregate(metric: &Metric) -> Aggregate {
    let by_kind = || match (metric.kind(), metric.goal().map(|goal| goal.comparison())) {
        (Kind::Count { .. } | Kind::Rate { .. }, _) => Aggregate::Sum,
        (Kind::Gauge, Some(Comparison::Less | Comparison::LessOrEqual)) => Aggregate::Max,
        (Kind::Gauge, Some(Comparison::Greater | Comparison::GreaterOrEqual)) => Aggregate::Min,
        (Kind::Gauge, Some(Comparison::Equal | Comparison::NotEqual) | None) => Aggregate::Avg,
    };
    metric.aggregate().unwrap_or_else(by_kind)
}
