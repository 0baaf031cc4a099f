//! The order of a group of metrics on dashboards.

use crate::Metric;

/// Each metric, with the metric that counts its samples, if there is one: `ci.pass_rate` with `ci.pass_rate_samples`. The second
/// metric of a pair is not listed again. A pair fills a row. Pairs come last, because a pair between single metrics could leave a
/// gap in the row before it. Within the single metrics and within the pairs, metrics with goals come first.
#[must_use]
pub fn pair_with_sample_counts<'a>(metrics: &[&'a Metric]) -> Vec<(&'a Metric, Option<&'a Metric>)> {
    let samples_of = |metric: &Metric| {
        let key = format!("{}_samples", metric.key());
        metrics.iter().copied().find(|other| other.key() == key)
    };
    let main_metrics = metrics.iter().filter(|metric| !counts_samples(metric.key(), metrics));
    let mut pairs: Vec<_> = main_metrics.map(|metric| (*metric, samples_of(metric))).collect();
    pairs.sort_by_key(|(metric, samples)| (samples.is_some(), metric.goal().is_none()));
    pairs
}

/// Whether the metric with this key is the second of a pair. The second of a pair cannot be the first of another pair.
fn counts_samples(key: &str, metrics: &[&Metric]) -> bool {
    key.strip_suffix("_samples").is_some_and(|other| {
        metrics.iter().any(|metric| metric.key() == other) && !counts_samples(other, metrics)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Facts, Unavailable, location};

    #[test]
    fn each_metric_is_shown_once_and_pairs_come_last() {
        let metric = |key: &str| {
            Metric::new(Facts::new(key, "A test."), location!(), |_| {
                Box::pin(async { Err(Unavailable::no_data("a test")) })
            })
        };
        let metrics = ["a", "a_samples", "a_samples_samples", "b_samples", "c", "c_samples"].map(metric);

        let pairs = pair_with_sample_counts(&metrics.each_ref());

        let keys = |(metric, samples): &(&Metric, Option<&Metric>)| {
            (metric.key().to_owned(), samples.map(|samples| samples.key().to_owned()))
        };
        let pairs: Vec<_> = pairs.iter().map(keys).collect();
        let pair = |key: &str, samples: Option<&str>| (key.to_owned(), samples.map(str::to_owned));
        assert_eq!(
            pairs,
            [
                pair("a_samples_samples", None),
                pair("b_samples", None),
                pair("a", Some("a_samples")),
                pair("c", Some("c_samples")),
            ]
        );
    }
}
