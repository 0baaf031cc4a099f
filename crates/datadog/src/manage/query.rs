//! Metrics in Datadog's query language. See <https://docs.datadoghq.com/dashboards/querying/>.

use system_health_registry::{Aggregate, Facts, Kind};

/// The query of a metric in a scope. It returns one series for each combination of the tags' values, or a single series if there
/// are no tags.
pub(crate) fn metric_query(metric: &Facts, scope: &str, tags: &[String]) -> String {
    let modifier = match metric.kind() {
        Kind::Gauge | Kind::Distribution => "",
        Kind::Count { .. } | Kind::Counter => ".as_count()",
        Kind::Rate { .. } => ".as_rate()",
    };
    metric_query_with(metric, metric.aggregate_or_default(), scope, tags) + modifier
}

/// Like [`metric_query`], but with the given aggregate, and without `.as_count()` or `.as_rate()`.
pub(crate) fn metric_query_with(
    metric: &Facts,
    aggregate: Aggregate,
    scope: &str,
    tags: &[String],
) -> String {
    format!("{}:{}{{{scope}}}{}", aggregate.name(), metric.key(), group_by_clause(tags))
}

/// The part of a query that groups by tags.
pub(crate) fn group_by_clause(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { format!(" by {{{}}}", tags.join(",")) }
}
