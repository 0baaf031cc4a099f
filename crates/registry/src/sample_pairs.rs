//! The order of a group of metrics on dashboards.

use crate::Metric;

/// Each metric, with the metric that counts its samples, if there is one: `ci.pass_rate` with `ci.pass_rate_samples`. Pairs
/// come last, because a pair fills a row, and would leave gaps between single metrics. Within the single metrics and within the
/// pairs, metrics with goals come first.
#[must_use]
pub fn pair_with_sample_counts<'a>(metrics: &[&'a Metric]) -> Vec<(&'a Metric, Option<&'a Metric>)> {
    let samples_of = |metric: &Metric| {
        let key = format!("{}_samples", metric.key());
        metrics.iter().copied().find(|other| other.key() == key)
    };
    let counts_samples = |metric: &Metric| {
        metrics.iter().any(|other| metric.key().strip_suffix("_samples") == Some(other.key()))
    };
    let alone = metrics.iter().filter(|metric| !counts_samples(metric));
    let mut pairs: Vec<_> = alone.map(|metric| (*metric, samples_of(metric))).collect();
    pairs.sort_by_key(|(metric, samples)| (samples.is_some(), metric.goal().is_none()));
    pairs
}
