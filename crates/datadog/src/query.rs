//! Metrics in Datadog's query language. See <https://docs.datadoghq.com/dashboards/querying/>.

use system_health_registry::{Aggregate, Comparison, Facts, Kind};

/// A metric over what is in scope, as one series or as one for each value of some tags.
pub(crate) fn metric_query(metric: &Facts, scope: &str, tags: &[String]) -> String {
    let modifier = match metric.kind() {
        Kind::Gauge => "",
        Kind::Count { .. } => ".as_count()",
        Kind::Rate { .. } => ".as_rate()",
    };
    metric_query_of(metric, aggregate(metric), scope, tags) + modifier
}

/// The same with an aggregate of one's own choice, and with the values as they were delivered.
pub(crate) fn metric_query_of(metric: &Facts, aggregate: Aggregate, scope: &str, tags: &[String]) -> String {
    format!("{}:{}{{{scope}}}{}", aggregate.name(), metric.key(), by(tags))
}

/// The part of a query that makes a series for each value of some tags.
pub(crate) fn by(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { format!(" by {{{}}}", tags.join(",")) }
}

/// How several series become one: as the metric says; else counts and rates add up, of gauges with a goal
/// `<`, `<=`, `>` or `>=` the one farthest from it counts, and of others the average.
pub(crate) fn aggregate(metric: &Facts) -> Aggregate {
    let by_kind = || match (metric.kind(), metric.goal().map(|goal| goal.comparison())) {
        (Kind::Count { .. } | Kind::Rate { .. }, _) => Aggregate::Sum,
        (Kind::Gauge, Some(Comparison::Less | Comparison::LessOrEqual)) => Aggregate::Max,
        (Kind::Gauge, Some(Comparison::Greater | Comparison::GreaterOrEqual)) => Aggregate::Min,
        (Kind::Gauge, Some(Comparison::Equal | Comparison::NotEqual) | None) => Aggregate::Avg,
    };
    metric.aggregate().unwrap_or_else(by_kind)
}
