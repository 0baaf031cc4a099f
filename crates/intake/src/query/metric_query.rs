//! Metrics in Datadog's query language: which series a query selects, and how their values are aggregated.
//! See <https://docs.datadoghq.com/metrics/#querying-metrics>.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use super::distribution;
use crate::point::{DISTRIBUTION, PointRef};

/// The longest gap that is filled by default, in seconds.
/// See <https://docs.datadoghq.com/metrics/guide/interpolation-the-fill-modifier-explained/>.
const DEFAULT_FILL: i64 = 300;
const AGGREGATORS: [&str; 5] = ["avg", "sum", "min", "max", "count"];

/// A value for each bucket of time, by its start.
pub(crate) type Buckets = BTreeMap<i64, f64>;
/// The values of each group, by its tags.
pub(crate) type Groups = BTreeMap<Vec<String>, Buckets>;

/// A metric with its scope in a query: `sum:jobs{env:prod,!team:a} by {service}.as_count()`.
#[derive(Debug, PartialEq)]
pub(crate) struct Query<'a> {
    pub(crate) aggregator: &'a str,
    pub(crate) metric: &'a str,
    pub(crate) scope: &'a str,
    /// The names of the tags by which the values are grouped.
    pub(crate) group_by: Vec<&'a str>,
    pub(crate) modifier: Option<Modifier>,
    /// The longest gap that is filled if the query is combined with others, in seconds. `None`: no gap is filled.
    fill: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Modifier {
    Count,
    Rate,
}

impl<'a> Query<'a> {
    /// Reads the query at the start of a text, and returns the rest of the text.
    pub(crate) fn parse_prefix(text: &'a str) -> Option<(Self, &'a str)> {
        let (before, after) = text.split_once('{')?;
        let (aggregator, metric) = before.split_once(':')?;
        let (scope, mut rest) = after.split_once('}')?;
        let mut group_by = vec![];
        if let Some((list, behind)) = rest.strip_prefix(" by {").and_then(|rest| rest.split_once('}')) {
            group_by = list.split(',').map(str::trim).collect();
            rest = behind;
        }
        let mut modifier = None;
        for (suffix, meaning) in [(".as_count()", Modifier::Count), (".as_rate()", Modifier::Rate)] {
            if let Some(behind) = rest.strip_prefix(suffix) {
                (modifier, rest) = (Some(meaning), behind);
            }
        }
        let mut fill = if modifier.is_none() { Some(DEFAULT_FILL) } else { None };
        if let Some(behind) = rest.strip_prefix(".fill(null)") {
            (fill, rest) = (None, behind);
        }
        let is_allowed_in_name = |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
        let is_readable = |tag: &str| !tag.is_empty() && !tag.contains([' ', '$', '{']);
        let is_valid = (AGGREGATORS.contains(&aggregator) || distribution::is_percentile(aggregator))
            && metric.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && metric.chars().all(is_allowed_in_name)
            && scope.split(',').map(str::trim).chain(group_by.iter().copied()).all(is_readable);
        is_valid.then_some((Self { aggregator, metric, scope, group_by, modifier, fill }, rest))
    }

    /// The values of each group within a time range. In a bucket of time each series is averaged, or added up with
    /// `as_count()`, and then the series are aggregated. The values of distributions are aggregated together.
    /// See <https://docs.datadoghq.com/metrics/custom_metrics/type_modifiers/>.
    pub(crate) fn buckets<'p>(
        &self,
        points: impl Iterator<Item = PointRef<'p>>,
        time: &RangeInclusive<i64>,
        bucket_length: i64,
    ) -> Groups {
        self.aggregated(points, time, bucket_length, None)
    }

    /// Like [`buckets`](Self::buckets), for a query that is combined with others: each series is interpolated first, so that the
    /// values of all queries have the same times.
    pub(crate) fn aligned_buckets<'p>(
        &self,
        points: impl Iterator<Item = PointRef<'p>>,
        time: &RangeInclusive<i64>,
        bucket_length: i64,
    ) -> Groups {
        self.aggregated(points, time, bucket_length, self.fill)
    }

    fn aggregated<'p>(
        &self,
        points: impl Iterator<Item = PointRef<'p>>,
        time: &RangeInclusive<i64>,
        bucket_length: i64,
        fill: Option<i64>,
    ) -> Groups {
        // The values by group, series and bucket. Those of distributions by group and bucket, with their weights.
        let mut groups: BTreeMap<_, BTreeMap<_, BTreeMap<_, Vec<f64>>>> = BTreeMap::new();
        let mut distributions: BTreeMap<_, BTreeMap<_, Vec<(f64, f64)>>> = BTreeMap::new();
        let selects_only_distributions = distribution::is_percentile(self.aggregator);
        for point in points {
            if point.metric == self.metric && time.contains(&point.timestamp) && self.selects(point.tags) {
                let Some(group) = self.group(point.tags) else { continue };
                let bucket = point.timestamp - point.timestamp % bucket_length;
                if point.kind == DISTRIBUTION {
                    let values = distributions.entry(group).or_default().entry(bucket).or_default();
                    values.push((point.value, point.weight));
                } else if !selects_only_distributions {
                    let series = groups.entry(group).or_default().entry(point.tags).or_default();
                    series.entry(bucket).or_default().push(self.with_modifier(point));
                }
            }
        }
        let over_time = |values: Vec<f64>| match self.modifier {
            Some(Modifier::Count) => values.iter().sum(),
            _ => average(&values),
        };
        let aggregated = groups.into_iter().map(|(tags, series)| {
            let mut buckets: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
            for values in series.into_values() {
                let values = values.into_iter().map(|(start, values)| (start, over_time(values))).collect();
                for (start, value) in filled(values, bucket_length, fill.unwrap_or_default()) {
                    buckets.entry(start).or_default().push(value);
                }
            }
            (
                owned(tags),
                buckets.into_iter().map(|(start, values)| (start, self.aggregate(&values))).collect(),
            )
        });
        let mut aggregated: Groups = aggregated.collect();
        for (tags, buckets) in distributions {
            let value = |(start, values)| (start, distribution::aggregate(self.aggregator, values));
            aggregated.entry(owned(tags)).or_default().extend(buckets.into_iter().map(value));
        }
        aggregated
    }

    /// Whether the scope selects a series with these tags.
    fn selects(&self, tags: &BTreeSet<String>) -> bool {
        self.scope.split(',').map(str::trim).all(|wanted| match wanted.strip_prefix('!') {
            Some(unwanted) => !has_tag(tags, unwanted),
            None => wanted == "*" || has_tag(tags, wanted),
        })
    }

    /// The tags by which the query groups. `None` if the series lacks one of these tags, because it is then not in the result.
    fn group<'p>(&self, tags: &'p BTreeSet<String>) -> Option<Vec<&'p str>> {
        let has_name = |tag: &str, name: &str| tag.split_once(':').is_some_and(|(own, _)| own == name);
        let tag = |name: &&str| tags.iter().find(|tag| has_name(tag, name)).map(String::as_str);
        self.group_by.iter().map(tag).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "an interval is some seconds or hours")]
    fn with_modifier(&self, point: PointRef<'_>) -> f64 {
        let interval = point.interval.filter(|interval| *interval > 0).unwrap_or(1) as f64;
        match (self.modifier, point.kind) {
            (Some(Modifier::Count), "rate") => point.value * interval,
            (Some(Modifier::Rate), "count") => point.value / interval,
            _ => point.value,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of series")]
    fn aggregate(&self, values: &[f64]) -> f64 {
        match self.aggregator {
            "sum" => values.iter().sum(),
            "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
            "max" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            "count" => values.len() as f64,
            _ => average(values),
        }
    }
}

/// Whether a series has a tag. In the wanted tag, `*` stands for any text.
fn has_tag(tags: &BTreeSet<String>, wanted: &str) -> bool {
    match wanted.split_once('*') {
        None => tags.contains(wanted),
        Some((start, rest)) => tags.iter().any(|tag| has_parts(tag, start, rest)),
    }
}

/// Whether a tag consists of `start`, any text, and text that fits `pattern`, in which `*` stands for any text.
fn has_parts(tag: &str, start: &str, pattern: &str) -> bool {
    let (middle, end) = pattern.rsplit_once('*').unwrap_or(("", pattern));
    let rest = tag.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    rest.is_some_and(|rest| {
        let mut parts = middle.split('*');
        parts.try_fold(rest, |rest, part| rest.split_once(part).map(|(_, behind)| behind)).is_some()
    })
}

fn owned(tags: Vec<&str>) -> Vec<String> {
    tags.into_iter().map(str::to_owned).collect()
}

/// Fills gaps that are not longer than `limit` seconds with values on a straight line.
#[expect(clippy::cast_precision_loss, reason = "some minutes")]
fn filled(mut buckets: Buckets, bucket_length: i64, limit: i64) -> Buckets {
    let known: Vec<(i64, f64)> = buckets.iter().map(|(start, value)| (*start, *value)).collect();
    for pair in known.windows(2) {
        let [(from, first), (to, last)] = pair else { continue };
        if to - from <= limit {
            let slope = (last - first) / (to - from) as f64;
            let between = (1..(to - from) / bucket_length).map(|step| from + step * bucket_length);
            buckets.extend(between.map(|start| (start, first + slope * (start - from) as f64)));
        }
    }
    buckets
}

#[expect(clippy::cast_precision_loss, reason = "a number of values")]
fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_with_a_scope_is_read() {
        let plain = Query {
            aggregator: "max",
            metric: "a.b",
            scope: "*",
            group_by: vec![],
            modifier: None,
            fill: Some(300),
        };
        assert_eq!(Query::parse_prefix("max:a.b{*}"), Some((plain, "")));
        let all = Query {
            aggregator: "sum",
            metric: "a.b_c",
            scope: "x:1, !y:2",
            group_by: vec!["env", "team"],
            modifier: Some(Modifier::Count),
            fill: None,
        };
        let text = "sum:a.b_c{x:1, !y:2} by {env,team}.as_count() / avg:d{*}";
        assert_eq!(Query::parse_prefix(text), Some((all, " / avg:d{*}")));
        let (unfilled, rest) = Query::parse_prefix("avg:a{*} by {env}.fill(null) > 5").unwrap();
        assert_eq!((unfilled.fill, rest), (None, " > 5"));
    }

    #[test]
    fn a_tag_may_have_wildcards() {
        let tags = BTreeSet::from(["env:production".to_owned(), "team".to_owned()]);
        for (wanted, expected) in [
            ("env:production", true),
            ("env:prod", false),
            ("env:p*", true),
            ("env:*", true),
            ("*:production", true),
            ("env:*duct*", true),
            ("env:*duct*ion", true),
            ("env:*on*on", false),
            ("env:p*x", false),
            ("env:s*", false),
            ("*a*", true),
        ] {
            assert_eq!(has_tag(&tags, wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn short_gaps_are_filled_with_a_straight_line() {
        let buckets = Buckets::from([(0, 1.0), (60, 4.0), (400, 0.0)]);

        let all = Buckets::from([(0, 1.0), (20, 2.0), (40, 3.0), (60, 4.0), (400, 0.0)]);
        assert_eq!(filled(buckets.clone(), 20, 300), all);
        assert_eq!(filled(buckets.clone(), 20, 0), buckets);
    }

    #[test]
    fn invalid_queries_are_not_read() {
        for text in [
            "",
            "a.b",
            "avg:a.b",
            "avg:a.b{",
            "avg:a.b{}",
            "most:a.b{*}",
            "avg:{*}",
            "avg:a{x AND y}",
            "avg:a b{*}",
        ] {
            assert_eq!(Query::parse_prefix(text), None, "{text}");
        }
    }
}
