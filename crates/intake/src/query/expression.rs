//! Arithmetic of metrics in Datadog's query language: metrics, numbers, `+`, `-`, `*`, `/`, `abs()` and `clamp_max()`.
//!
//! An expression is calculated in each bucket of time. A bucket that only one side has, or in which the divisor is 0, has no
//! value.
//! See <https://docs.datadoghq.com/dashboards/functions/> and
//! <https://docs.datadoghq.com/monitors/guide/monitor-arithmetic-and-sparse-metrics/>.

use std::{collections::BTreeSet, ops::RangeInclusive};

use super::metric_query::{Buckets, Groups, Modifier, Query};
use crate::point::PointRef;

/// Maximum number of parentheses around a part of an expression. Like [`MAX_OPERATORS`], it limits the stack that is needed to
/// read, evaluate and drop an expression. Datadog documents neither limit.
const MAX_DEPTH: usize = 64;
/// Maximum number of operators in an expression.
const MAX_OPERATORS: usize = 256;

/// An expression. All its metrics are grouped by the same tags, because Datadog does not document what happens if they are not.
#[derive(Debug, PartialEq)]
pub(crate) enum Expression<'a> {
    Number(f64),
    Query(Query<'a>),
    Abs(Box<Self>),
    ClampMax(Box<Self>, f64),
    Binary(Box<Self>, char, Box<Self>),
}

/// The result of an expression.
enum Value {
    Number(f64),
    Groups(Groups),
}

impl<'a> Expression<'a> {
    /// Reads a whole text. `None` if the text is not an expression with at least one metric, or if it is too large.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (expression, rest) = Parser { depth: 0, operators: 0 }.sum(text)?;
        let queries = expression.queries();
        let has_same_groups = queries.windows(2).all(|pair| pair[0].group_by == pair[1].group_by);
        (rest.trim().is_empty() && !queries.is_empty() && has_same_groups).then_some(expression)
    }

    /// The names of the tags by which the values are grouped.
    pub(crate) fn group_by(&self) -> &[&'a str] {
        self.queries().first().map_or(&[], |query| &query.group_by)
    }

    /// The metrics in the expression.
    pub(crate) fn metrics(&self) -> BTreeSet<&'a str> {
        self.queries().iter().map(|query| query.metric).collect()
    }

    /// The values of each group within a time range, in buckets of `bucket_length` seconds. Groups without any value are left
    /// out.
    pub(crate) fn groups<'p>(
        &self,
        points: &(impl Iterator<Item = PointRef<'p>> + Clone),
        time: &RangeInclusive<i64>,
        bucket_length: i64,
    ) -> Groups {
        self.evaluate(&|query| query.buckets(points.clone(), time, bucket_length)).into_groups()
    }

    /// Like [`groups`](Self::groups), but calculated as for a monitor. If there are several queries, their series are
    /// interpolated. If one of several queries has `as_count()`, each query is first summed over the whole time range, so there
    /// is only one bucket.
    /// See <https://docs.datadoghq.com/monitors/guide/as-count-in-monitor-evaluations/>.
    pub(crate) fn groups_in_monitor<'p>(
        &self,
        points: &(impl Iterator<Item = PointRef<'p>> + Clone),
        time: &RangeInclusive<i64>,
        bucket_length: i64,
    ) -> Groups {
        let queries = self.queries();
        if queries.len() == 1 {
            return self.groups(points, time, bucket_length);
        }
        let adds_up_first = queries.iter().any(|query| query.modifier == Some(Modifier::Count));
        let values = |query: &Query<'_>| {
            let groups = query.aligned_buckets(points.clone(), time, bucket_length);
            if !adds_up_first {
                return groups;
            }
            let sum = |buckets: Buckets| Buckets::from([(0, buckets.values().sum())]);
            groups.into_iter().map(|(tags, buckets)| (tags, sum(buckets))).collect()
        };
        self.evaluate(&values).into_groups()
    }

    fn queries(&self) -> Vec<&Query<'a>> {
        match self {
            Self::Number(_) => vec![],
            Self::Query(query) => vec![query],
            Self::Abs(inner) | Self::ClampMax(inner, _) => inner.queries(),
            Self::Binary(left, _, right) => [left.queries(), right.queries()].concat(),
        }
    }

    fn evaluate(&self, values: &impl Fn(&Query<'_>) -> Groups) -> Value {
        let result = |expression: &Self| expression.evaluate(values);
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Query(query) => Value::Groups(values(query)),
            Self::Abs(inner) => result(inner).map(f64::abs),
            Self::ClampMax(inner, limit) => result(inner).map(|value| value.min(*limit)),
            Self::Binary(left, operator, right) => {
                let apply = |left: f64, right: f64| match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                };
                match (result(left), result(right)) {
                    (Value::Number(left), right) => right.map(|right| apply(left, right)),
                    (left, Value::Number(right)) => left.map(|left| apply(left, right)),
                    (Value::Groups(left), Value::Groups(right)) => {
                        Value::Groups(combine(left, &right, apply))
                    }
                }
            }
        }
    }
}

/// Reads expressions. Each method returns what it has read, and the rest of the text.
struct Parser {
    /// The number of parentheses that are open.
    depth: usize,
    /// The number of operators that were read.
    operators: usize,
}

impl Parser {
    fn sum<'a>(&mut self, text: &'a str) -> Option<(Expression<'a>, &'a str)> {
        self.chain(text, &['+', '-'], Self::product)
    }

    fn product<'a>(&mut self, text: &'a str) -> Option<(Expression<'a>, &'a str)> {
        self.chain(text, &['*', '/'], Self::factor)
    }

    fn chain<'a>(
        &mut self,
        text: &'a str,
        operators: &[char],
        operand: fn(&mut Self, &'a str) -> Option<(Expression<'a>, &'a str)>,
    ) -> Option<(Expression<'a>, &'a str)> {
        let (mut left, mut rest) = operand(self, text)?;
        while let Some(operator) = rest.trim_start().chars().next().filter(|next| operators.contains(next)) {
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return None;
            }
            let (right, behind) = operand(self, &rest.trim_start()[1..])?;
            left = Expression::Binary(Box::new(left), operator, Box::new(right));
            rest = behind;
        }
        Some((left, rest))
    }

    fn factor<'a>(&mut self, text: &'a str) -> Option<(Expression<'a>, &'a str)> {
        let text = text.trim_start();
        if let Some(inner) = text.strip_prefix("abs(") {
            let (inner, rest) = self.nested(inner)?;
            return Some((Expression::Abs(Box::new(inner)), rest.strip_prefix(')')?));
        }
        if let Some(inner) = text.strip_prefix("clamp_max(") {
            let (inner, rest) = self.nested(inner)?;
            let (limit, rest) = rest.strip_prefix(',')?.split_once(')')?;
            let limit = limit.trim().parse().ok().filter(|limit: &f64| limit.is_finite())?;
            return Some((Expression::ClampMax(Box::new(inner), limit), rest));
        }
        if let Some(inner) = text.strip_prefix('(') {
            let (inner, rest) = self.nested(inner)?;
            return Some((inner, rest.strip_prefix(')')?));
        }
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        match text[..end].parse() {
            Ok(number) => Some((Expression::Number(number), &text[end..])),
            Err(_) => Query::parse_prefix(text).map(|(query, rest)| (Expression::Query(query), rest)),
        }
    }

    /// Reads the sum behind an opening parenthesis. The returned rest does not start with spaces.
    fn nested<'a>(&mut self, text: &'a str) -> Option<(Expression<'a>, &'a str)> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let (inner, rest) = self.sum(text)?;
        self.depth -= 1;
        Some((inner, rest.trim_start()))
    }
}

impl Value {
    /// Changes all values. In groups, removes values that are not finite afterwards.
    fn map(self, change: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Number(number) => Self::Number(change(number)),
            Self::Groups(mut groups) => {
                for buckets in groups.values_mut() {
                    for value in buckets.values_mut() {
                        *value = change(*value);
                    }
                    buckets.retain(|_, value| value.is_finite());
                }
                Self::Groups(groups)
            }
        }
    }

    fn into_groups(self) -> Groups {
        match self {
            Self::Number(_) => Groups::new(),
            Self::Groups(mut groups) => {
                groups.retain(|_, buckets| !buckets.is_empty());
                groups
            }
        }
    }
}

/// Combines the groups of two sides. Leaves out groups and buckets that only one side has, and results that are not finite.
fn combine(left: Groups, right: &Groups, apply: impl Fn(f64, f64) -> f64) -> Groups {
    let combined = left.into_iter().filter_map(|(tags, left)| {
        let right = right.get(&tags)?;
        let both =
            left.into_iter().filter_map(|(time, value)| Some((time, apply(value, *right.get(&time)?))));
        Some((tags, both.filter(|(_, value)| value.is_finite()).collect()))
    });
    combined.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point::Point;

    fn point(metric: &str, timestamp: i64, value: f64) -> Point {
        Point {
            metric: metric.to_owned(),
            tags: BTreeSet::from(["x:1".to_owned()]),
            timestamp,
            value,
            kind: "gauge",
            interval: None,
            unit: None,
        }
    }

    /// The values in each bucket of one group.
    fn values(text: &str, points: &[Point]) -> Option<Vec<f64>> {
        let groups = Expression::parse(text)?.groups(&points.iter().map(PointRef::from), &(0..=120), 20);
        groups.into_values().next().map(|buckets| buckets.into_values().collect())
    }

    #[test]
    fn expressions_are_calculated() {
        let points = [point("a.b", 60, -3.0)];
        for (text, expected) in [
            ("max:a.b{*}", -3.0),
            ("1 - 2 * max:a.b{x:1} by {x}", 7.0),
            ("abs(max:a.b{*} + 1) * abs(min:a.b{*})", 6.0),
            ("(1 - 2) * max:a.b{*}", 3.0),
            ("5 * clamp_max(sum:a.b{*}, -4) - 1", -21.0),
            ("max:a.b{*} - 6 / max:a.b{*} / 2", -2.0),
        ] {
            assert_eq!(values(text, &points), Some(vec![expected]), "{text}");
        }
        assert_eq!(values("max:a.b{y:1}", &points), None);
    }

    #[test]
    fn a_missing_side_or_a_zero_divisor_gives_no_value() {
        // Datadog's own example: A = (10, 10, 10), B = (0, 1, -).
        let ten = [0, 20, 40].map(|time| point("a", time, 10.0));
        let points = [&ten[..], &[point("b", 0, 0.0), point("b", 20, 1.0)]].concat();

        assert_eq!(values("sum:a{*} / sum:b{*}", &points), Some(vec![10.0]));
        assert_eq!(values("sum:a{*} - sum:b{*}", &points), Some(vec![10.0, 9.0]));
        assert_eq!(values("1 / sum:b{*}", &points), Some(vec![1.0]));
        // 0 / 0 has no value either.
        assert_eq!(values("sum:b{*} / sum:b{*}", &points), Some(vec![1.0]));
        assert_eq!(values("sum:a{*} / sum:b{*} by {x}", &points), None);
        assert_eq!(values("sum:a{*} by {x} / sum:b{*} by {x}", &points), Some(vec![10.0]));
        assert_eq!(values("sum:a{*} / sum:b{*}", &[point("a", 0, 1.0), point("b", 20, 1.0)]), None);
    }

    #[test]
    fn invalid_expressions_are_not_read() {
        for text in [
            "",
            "7",
            "1 +",
            "max:a.b",
            "abs(max:a.b{*}",
            "clamp_max(max:a.b{*})",
            "clamp_max(max:a.b{*}, nan)",
            "sqrt(max:a.b{*})",
            "1 2",
            "max:a.b{*} / ",
            "max:a.b{*} // max:a.b{*}",
            "max:a.b{*} % 2",
            "max:a.b{*} max:a.b{*}",
            "max:a.b{*} by {x} / max:a.b{*}",
            "max:a.b{*} by {x} / max:a.b{*} by {y}",
        ] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
    }
}
