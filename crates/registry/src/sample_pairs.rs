//! The order of a group of metrics on dashboards.

use crate::Metric;

/// Each metric, with the metric that has the number of its samples, if there is one: `ci.pass_rate` with `ci.pass_rate_samples`.
/// Metrics with goals come first. Pairs come last, because they fill a row, and would leave gaps among the others.
#[must_use]
pub fn with_samples<'a>(metrics: &[&'a Metric]) -> Vec<(&'a Metric, Option<&'a Metric>)> {
    let samples_of = |metric: &Metric| {
        let key = format!("{}_samples", metric.key());
        metrics.iter().copied().find(|other| other.key() == key)
    };
    let is_beside_another = |metric: &Metric| {
        metrics.iter().any(|other| metric.key().strip_suffix("_samples") == Some(other.key()))
    };
    let alone = metrics.iter().filter(|metric| !is_beside_another(metric));
    let mut pairs: Vec<_> = alone.map(|metric| (*metric, samples_of(metric))).collect();
    pairs.sort_by_key(|(metric, samples)| (samples.is_some(), metric.goal().is_none()));
    pairs
}
