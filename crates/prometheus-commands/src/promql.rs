//! Expressions in Prometheus' query language. See <https://prometheus.io/docs/prometheus/latest/querying/basics/>.

use system_health_prometheus::tag_labels;
use system_health_registry::{Aggregate, Tag};

/// The resolution of subqueries. It must be shorter than the time for which Prometheus uses a sample, which is 5 minutes by
/// default: <https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness>.
pub(crate) const RESOLUTION: &str = "1m";

/// How long a rule remembers that a group of series existed, such as those of a repository. An alert about missing values of a
/// group ends after this time.
const MEMORY: &str = "1d";

/// An equality matcher, such as `env="production"`.
pub(crate) fn equals(label: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
    format!("{label}=\"{value}\"")
}

/// Selects the series of a metric. If there are matchers, the series must match all of them.
pub(crate) fn selector(metric: &str, matchers: &[String]) -> String {
    if matchers.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", matchers.join(",")) }
}

/// Combines several series into one, or into one for each combination of the labels' values.
pub(crate) fn aggregated(aggregate: Aggregate, series: &str, labels: &[String]) -> String {
    if labels.is_empty() {
        format!("{aggregate}({series})")
    } else {
        format!("{aggregate} by ({}) ({series})", labels.join(", "))
    }
}

/// The label that a tag with this name becomes.
pub(crate) fn label_name(tag: &str) -> String {
    let labels = Tag::new(tag, "value").map(|tag| tag_labels([&tag])).unwrap_or_default();
    labels.into_iter().next().map_or_else(|| tag.to_owned(), |(name, _)| name)
}

/// An expression for missing values. It has one result if no series has a value in the window. With labels, it also has a result
/// for each group that had values before the window but has none in it.
pub(crate) fn missing_values(value: &str, window: &str, labels: &[String]) -> String {
    let all = format!("absent_over_time({value}[{window}:{RESOLUTION}])");
    if labels.is_empty() {
        return all;
    }
    let present = |range: &str| format!("present_over_time({value}[{range}:{RESOLUTION}]");
    format!("({} offset {window}) unless {})) or {all}", present(MEMORY), present(window))
}
