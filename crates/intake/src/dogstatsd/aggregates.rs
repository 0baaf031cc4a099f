//! Aggregates lines as the Agent does: into one point for each series in 10 seconds, or into several points for a histogram. The
//! Agent sends the points at the end of these 10 seconds. Here, each line updates the points, so that they are visible at once.
//! See <https://docs.datadoghq.com/developers/dogstatsd/data_aggregation/>.

use std::collections::{BTreeMap, BTreeSet};

use super::metric::{MetricType, Values};
use crate::{point::Point, store::WeightedValues};

/// The time between two flushes of the Agent, in seconds.
pub(crate) const INTERVAL: i64 = 10;

/// What the lines of the current 10 seconds add up to, for each series.
#[derive(Debug, Default)]
pub(crate) struct Aggregates {
    /// The start of these 10 seconds, in seconds since 1970.
    start: i64,
    series: BTreeMap<(String, BTreeSet<String>, MetricType), Aggregate>,
}

#[derive(Debug)]
enum Aggregate {
    Sum(f64),
    Last(f64),
    Values(WeightedValues),
    Members(BTreeSet<String>),
}

impl Aggregates {
    /// Adds the values of a line, and returns the points of its series. Not for distributions, which the Agent does not
    /// aggregate.
    pub(crate) fn add(
        &mut self,
        name: &str,
        tags: &BTreeSet<String>,
        kind: MetricType,
        values: &Values,
        weight: f64,
        now: i64,
    ) -> Vec<Point> {
        let start = now - now.rem_euclid(INTERVAL);
        if start != self.start {
            self.series.clear();
            self.start = start;
        }
        let aggregate =
            self.series.entry((name.to_owned(), tags.clone(), kind)).or_insert_with(|| match kind {
                MetricType::Count => Aggregate::Sum(0.0),
                MetricType::Gauge => Aggregate::Last(0.0),
                MetricType::Set => Aggregate::Members(BTreeSet::new()),
                MetricType::Histogram | MetricType::Distribution => Aggregate::Values(Vec::new()),
            });
        aggregate.add(values, weight);
        let point = |suffix: &str, kind: &'static str, value: f64| Point {
            metric: format!("{name}{suffix}"),
            tags: tags.clone(),
            timestamp: start,
            value,
            kind,
            interval: (kind == "rate").then_some(INTERVAL),
            unit: None,
        };
        aggregate.points().into_iter().map(|(suffix, kind, value)| point(suffix, kind, value)).collect()
    }
}

impl Aggregate {
    fn add(&mut self, values: &Values, weight: f64) {
        match (self, values) {
            (Self::Sum(sum), Values::Numbers(numbers)) => *sum += numbers.iter().sum::<f64>() * weight,
            (Self::Last(last), Values::Numbers(numbers)) => *last = numbers.last().copied().unwrap_or(*last),
            (Self::Values(values), Values::Numbers(numbers)) => {
                values.extend(numbers.iter().map(|number| (*number, weight)));
            }
            (Self::Members(members), Values::Text(member)) => drop(members.insert(member.clone())),
            _ => {}
        }
    }

    /// For each metric that the Agent sends: the suffix of its name, its type and its value. The Agent sends counts as rates.
    #[expect(clippy::cast_precision_loss, reason = "10 seconds, and a number of members")]
    fn points(&mut self) -> Vec<(&'static str, &'static str, f64)> {
        match self {
            Self::Sum(sum) => vec![("", "rate", *sum / INTERVAL as f64)],
            Self::Last(last) => vec![("", "gauge", *last)],
            Self::Members(members) => vec![("", "gauge", members.len() as f64)],
            Self::Values(values) => {
                values.sort_by(|(one, _), (other, _)| one.total_cmp(other));
                let count: f64 = values.iter().map(|(_, weight)| weight).sum();
                let sum: f64 = values.iter().map(|(value, weight)| value * weight).sum();
                vec![
                    (".avg", "gauge", sum / count),
                    (".count", "rate", count / INTERVAL as f64),
                    (".max", "gauge", values.last().map_or(0.0, |(value, _)| *value)),
                    (".median", "gauge", quantile(values, 0.5 * count)),
                    (".95percentile", "gauge", quantile(values, 0.95 * count)),
                ]
            }
        }
    }
}

/// The value at a position in the sorted values, where each value is repeated as often as its weight says.
fn quantile(values: &WeightedValues, position: f64) -> f64 {
    let mut cumulative_weight = 0.0;
    for (value, weight) in values {
        cumulative_weight += weight;
        if cumulative_weight >= position {
            return *value;
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(points: &[Point]) -> Vec<(&str, f64)> {
        points.iter().map(|point| (point.metric.as_str(), point.value)).collect()
    }

    #[test]
    fn counts_add_up_within_ten_seconds_and_become_rates() {
        let (mut aggregates, tags) = (Aggregates::default(), BTreeSet::new());
        let mut add = |number: f64, weight, now| {
            aggregates.add("a", &tags, MetricType::Count, &Values::Numbers(vec![number]), weight, now)
        };
        assert_eq!(values(&add(5.0, 1.0, 1003)), [("a", 0.5)]);
        let points = add(2.0, 10.0, 1009);
        assert_eq!(values(&points), [("a", 2.5)]);
        assert_eq!((points[0].timestamp, points[0].kind, points[0].interval), (1000, "rate", Some(10)));
        assert_eq!(values(&add(1.0, 1.0, 1010)), [("a", 0.1)]);
    }

    #[test]
    fn histograms_become_several_metrics() {
        let (mut aggregates, tags) = (Aggregates::default(), BTreeSet::new());
        let numbers = Values::Numbers((1..=100).map(f64::from).collect());
        let points = aggregates.add("a", &tags, MetricType::Histogram, &numbers, 1.0, 0);
        assert_eq!(
            values(&points),
            [
                ("a.avg", 50.5),
                ("a.count", 10.0),
                ("a.max", 100.0),
                ("a.median", 50.0),
                ("a.95percentile", 95.0)
            ]
        );
    }

    #[test]
    fn sets_count_their_members_and_gauges_keep_the_last_value() {
        let (mut aggregates, tags) = (Aggregates::default(), BTreeSet::new());
        for (member, count) in [("x", 1.0), ("y", 2.0), ("x", 2.0)] {
            let points = aggregates.add("a", &tags, MetricType::Set, &Values::Text(member.into()), 1.0, 0);
            assert_eq!(values(&points), [("a", count)]);
        }
        let points = aggregates.add("b", &tags, MetricType::Gauge, &Values::Numbers(vec![1.0, 7.0]), 1.0, 0);
        assert_eq!(values(&points), [("b", 7.0)]);
    }
}
