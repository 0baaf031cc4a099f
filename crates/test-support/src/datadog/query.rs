//! Queries of stored points: which series a text means, and their points as Datadog answers them.
//!
//! Only the first metric in the text is looked at; functions and arithmetic around it are not applied.
//! See <https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points>.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use serde_json::{Value, json};

use super::{
    expression::Groups,
    reading::{Outcome, error, invalid, number},
    series::Point,
};
use crate::server::Request;

const AGGREGATORS: [&str; 5] = ["avg", "sum", "min", "max", "count"];

/// A metric with its scope in a query: `sum:jobs{env:prod,!team:a} by {service}.as_count()`.
#[derive(Debug, PartialEq)]
pub(super) struct Query<'a> {
    aggregator: &'a str,
    metric: &'a str,
    scope: &'a str,
    keys: Vec<&'a str>,
    modifier: Option<Modifier>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Modifier {
    Count,
    Rate,
}

/// The series with the stored points that a request asks for.
pub(super) fn answer<'a>(points: impl Iterator<Item = &'a Point>, request: &Request) -> Outcome {
    let text = request.parameter("query").ok_or_else(|| invalid("query"))?;
    let time = |name| number(request, name)?.ok_or_else(|| invalid(name));
    let (from, to): (i64, i64) = (time("from")?, time("to")?);
    let query = Query::read(&text).ok_or_else(|| error(400, &format!("Error parsing query: {text}")))?;
    Ok(json!({
        "status": "ok",
        "res_type": "time_series",
        "series": query.series(points, from..=to),
        "from_date": milliseconds(from),
        "to_date": milliseconds(to),
        "query": text,
        "group_by": query.keys,
        "message": "",
    }))
}

impl<'a> Query<'a> {
    /// Reads the first metric in the text that has a scope.
    fn read(text: &'a str) -> Option<Self> {
        let read = |brace| Self::read_around(&text[..brace], &text[brace + 1..]);
        text.match_indices('{').find_map(|(brace, _)| read(brace).map(|(query, _)| query))
    }

    /// Reads the metric at the start of a text, and returns what is behind it.
    pub(super) fn read_start(text: &'a str) -> Option<(Self, &'a str)> {
        let (before, after) = text.split_once('{')?;
        let is_only_a_metric = before.trim_end_matches(is_word).is_empty();
        Self::read_around(before, after).filter(|_| is_only_a_metric)
    }

    /// Reads the metric between the texts before and after its opening brace.
    fn read_around(before: &'a str, after: &'a str) -> Option<(Self, &'a str)> {
        let (aggregator, metric) = before[before.trim_end_matches(is_word).len()..].split_once(':')?;
        let (scope, mut rest) = after.split_once('}')?;
        let mut keys = vec![];
        if let Some((list, behind)) = rest.strip_prefix(" by {").and_then(|rest| rest.split_once('}')) {
            keys = list.split(',').map(str::trim).collect();
            rest = behind;
        }
        let mut modifier = None;
        for (text, found) in [(".as_count()", Modifier::Count), (".as_rate()", Modifier::Rate)] {
            if let Some(behind) = rest.strip_prefix(text) {
                (modifier, rest) = (Some(found), behind);
            }
        }
        let readable = |tag: &str| !tag.is_empty() && !tag.contains([' ', '$', '{']);
        let valid = AGGREGATORS.contains(&aggregator)
            && metric.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && !metric.contains(':')
            && scope.split(',').map(str::trim).chain(keys.iter().copied()).all(readable);
        valid.then_some((Self { aggregator, metric, scope, keys, modifier }, rest))
    }

    /// One series for each combination of values of the keys.
    fn series<'p>(&self, points: impl Iterator<Item = &'p Point>, time: RangeInclusive<i64>) -> Vec<Value> {
        let mut groups: BTreeMap<Vec<&str>, BTreeMap<i64, Vec<f64>>> = BTreeMap::new();
        for point in points {
            if point.metric == self.metric && time.contains(&point.timestamp) && self.is_about(&point.tags) {
                let Some(group) = self.group(&point.tags) else { continue };
                let values = groups.entry(group).or_default().entry(point.timestamp).or_default();
                values.push(self.modified(point));
            }
        }
        groups.iter().map(|(tags, points)| self.object(tags, points)).collect()
    }

    /// The values of each group within a time: the average of each series in a bucket of time, aggregated.
    #[expect(clippy::cast_precision_loss, reason = "a number of points")]
    pub(super) fn buckets<'p>(
        &self,
        points: impl Iterator<Item = &'p Point>,
        time: &RangeInclusive<i64>,
        length: i64,
    ) -> Groups {
        let mut groups: BTreeMap<_, BTreeMap<_, BTreeMap<_, Vec<f64>>>> = BTreeMap::new();
        for point in points {
            if point.metric == self.metric && time.contains(&point.timestamp) && self.is_about(&point.tags) {
                let Some(group) = self.group(&point.tags) else { continue };
                let buckets = groups.entry(group).or_default();
                let series = buckets.entry(point.timestamp - point.timestamp % length).or_default();
                series.entry(&point.tags).or_default().push(self.modified(point));
            }
        }
        let average = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let one = |series: BTreeMap<_, _>| self.aggregate(&series.values().map(average).collect::<Vec<_>>());
        let all = groups.into_iter().map(|(tags, buckets)| {
            let tags = tags.into_iter().map(str::to_owned).collect();
            (tags, buckets.into_iter().map(|(start, series)| (start, one(series))).collect())
        });
        all.collect()
    }

    fn is_about(&self, tags: &BTreeSet<String>) -> bool {
        self.scope.split(',').map(str::trim).all(|wanted| match wanted.strip_prefix('!') {
            Some(unwanted) => !tags.contains(unwanted),
            None => wanted == "*" || tags.contains(wanted),
        })
    }

    /// The tags with the keys of the query; a series without one of them is not in the answer.
    fn group<'p>(&self, tags: &'p BTreeSet<String>) -> Option<Vec<&'p str>> {
        let has_key = |tag: &str, key: &str| tag.split_once(':').is_some_and(|(own, _)| own == key);
        let tag = |key: &&str| tags.iter().find(|tag| has_key(tag, key)).map(String::as_str);
        self.keys.iter().map(tag).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "an interval is some seconds or hours")]
    fn modified(&self, point: &Point) -> f64 {
        let interval = point.interval.unwrap_or(1) as f64;
        match (self.modifier, point.kind) {
            (Some(Modifier::Count), "rate") => point.value * interval,
            (Some(Modifier::Rate), "count") => point.value / interval,
            _ => point.value,
        }
    }

    fn object(&self, tags: &[&str], points: &BTreeMap<i64, Vec<f64>>) -> Value {
        let point = |(time, values): (&i64, &Vec<f64>)| json!([milliseconds(*time), self.aggregate(values)]);
        let scope = if tags.is_empty() { self.scope.to_owned() } else { tags.join(",") };
        json!({
            "metric": self.metric,
            "display_name": self.metric,
            "aggr": self.aggregator,
            "expression": format!("{}:{}{{{scope}}}", self.aggregator, self.metric),
            "scope": scope,
            "tag_set": tags,
            "query_index": 0,
            "start": points.keys().next().copied().map(milliseconds),
            "end": points.keys().next_back().copied().map(milliseconds),
            "length": points.len(),
            "pointlist": points.iter().map(point).collect::<Vec<_>>(),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of series")]
    fn aggregate(&self, values: &[f64]) -> f64 {
        let sum: f64 = values.iter().sum();
        match self.aggregator {
            "sum" => sum,
            "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
            "max" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            "count" => values.len() as f64,
            _ => sum / values.len() as f64,
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_.:".contains(letter)
}

fn milliseconds(seconds: i64) -> i64 {
    seconds.saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_metric_with_a_scope_is_read() {
        let plain = Query { aggregator: "max", metric: "a.b", scope: "*", keys: vec![], modifier: None };
        assert_eq!(Query::read("max:a.b{*}"), Some(plain));
        let wrapped = Query {
            aggregator: "sum",
            metric: "a.b_c",
            scope: "x:1, !y:2",
            keys: vec!["env", "team"],
            modifier: Some(Modifier::Count),
        };
        let text = "100 * default_zero(sum:a.b_c{x:1, !y:2} by {env,team}.as_count()) / avg:d{*}";
        assert_eq!(Query::read(text), Some(wrapped));
    }

    #[test]
    fn what_is_no_query_is_not_read() {
        for text in
            ["", "a.b", "avg:a.b", "avg:a.b{", "avg:a.b{}", "most:a.b{*}", "avg:{*}", "avg:a{x AND y}"]
        {
            assert_eq!(Query::read(text), None, "{text}");
        }
    }
}
