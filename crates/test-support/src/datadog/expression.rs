//! The expression in a monitor's query: metrics, numbers, `+`, `-`, `*`, `abs()` and `clamp_max()`.
//! See <https://docs.datadoghq.com/dashboards/functions/>.

use std::{collections::BTreeMap, ops::RangeInclusive};

use super::{query::Query, series::Point};

/// A value for each bucket of time, by its start.
pub(super) type Buckets = BTreeMap<i64, f64>;
/// The values of each group, by its tags.
pub(super) type Groups = BTreeMap<Vec<String>, Buckets>;

/// An expression.
#[derive(Debug, PartialEq)]
pub(super) enum Expression<'a> {
    Number(f64),
    Query(Query<'a>),
    Abs(Box<Self>),
    ClampMax(Box<Self>, f64),
    Binary(Box<Self>, char, Box<Self>),
}

/// What an expression has come to.
enum Value {
    Number(f64),
    Groups(Groups),
}

impl<'a> Expression<'a> {
    /// Reads a whole text.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (expression, rest) = Self::sum(text)?;
        rest.trim().is_empty().then_some(expression)
    }

    /// The values of each group within a time, in buckets of a length.
    pub(super) fn groups<'p>(
        &self,
        points: &(impl Iterator<Item = &'p Point> + Clone),
        time: &RangeInclusive<i64>,
        bucket: i64,
    ) -> Groups {
        match self.evaluate(points, time, bucket) {
            Value::Groups(groups) => groups,
            Value::Number(_) => Groups::new(),
        }
    }

    fn sum(text: &'a str) -> Option<(Self, &'a str)> {
        Self::chain(text, &['+', '-'], Self::product)
    }

    fn product(text: &'a str) -> Option<(Self, &'a str)> {
        Self::chain(text, &['*'], Self::factor)
    }

    fn chain(
        text: &'a str,
        operators: &[char],
        operand: fn(&'a str) -> Option<(Self, &'a str)>,
    ) -> Option<(Self, &'a str)> {
        let (mut left, mut rest) = operand(text)?;
        while let Some(operator) = rest.trim_start().chars().next().filter(|next| operators.contains(next)) {
            let (right, behind) = operand(&rest.trim_start()[1..])?;
            left = Self::Binary(Box::new(left), operator, Box::new(right));
            rest = behind;
        }
        Some((left, rest))
    }

    fn factor(text: &'a str) -> Option<(Self, &'a str)> {
        let text = text.trim_start();
        if let Some(inner) = text.strip_prefix("abs(") {
            let (inner, rest) = Self::sum(inner)?;
            return Some((Self::Abs(Box::new(inner)), rest.trim_start().strip_prefix(')')?));
        }
        if let Some(inner) = text.strip_prefix("clamp_max(") {
            let (inner, rest) = Self::sum(inner)?;
            let (limit, rest) = rest.trim_start().strip_prefix(',')?.split_once(')')?;
            return Some((Self::ClampMax(Box::new(inner), limit.trim().parse().ok()?), rest));
        }
        if let Some(inner) = text.strip_prefix('(') {
            let (inner, rest) = Self::sum(inner)?;
            return Some((inner, rest.trim_start().strip_prefix(')')?));
        }
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        match text[..end].parse() {
            Ok(number) => Some((Self::Number(number), &text[end..])),
            Err(_) => Query::read_start(text).map(|(query, rest)| (Self::Query(query), rest)),
        }
    }

    fn evaluate<'p>(
        &self,
        points: &(impl Iterator<Item = &'p Point> + Clone),
        time: &RangeInclusive<i64>,
        bucket: i64,
    ) -> Value {
        let of = |expression: &Self| expression.evaluate(points, time, bucket);
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Query(query) => Value::Groups(query.buckets(points.clone(), time, bucket)),
            Self::Abs(inner) => of(inner).map(f64::abs),
            Self::ClampMax(inner, limit) => of(inner).map(|value| value.min(*limit)),
            Self::Binary(left, operator, right) => {
                let apply = |left: f64, right: f64| match operator {
                    '+' => left + right,
                    '-' => left - right,
                    _ => left * right,
                };
                match (of(left), of(right)) {
                    (Value::Number(left), right) => right.map(|right| apply(left, right)),
                    (left, Value::Number(right)) => left.map(|left| apply(left, right)),
                    (Value::Groups(left), Value::Groups(right)) => Value::Groups(join(left, &right, apply)),
                }
            }
        }
    }
}

impl Value {
    fn map(self, change: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Number(number) => Self::Number(change(number)),
            Self::Groups(mut groups) => {
                let values = groups.values_mut().flat_map(BTreeMap::values_mut);
                values.for_each(|value| *value = change(*value));
                Self::Groups(groups)
            }
        }
    }
}

/// Buckets that only one side has are left out.
fn join(left: Groups, right: &Groups, apply: impl Fn(f64, f64) -> f64) -> Groups {
    let joined = left.into_iter().filter_map(|(tags, left)| {
        let right = right.get(&tags)?;
        let both =
            left.into_iter().filter_map(|(time, value)| Some((time, apply(value, *right.get(&time)?))));
        Some((tags, both.collect()))
    });
    joined.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn value(text: &str) -> Option<f64> {
        let point = Point {
            metric: "a.b".to_owned(),
            tags: BTreeSet::from(["x:1".to_owned()]),
            timestamp: 60,
            value: -3.0,
            kind: "gauge",
            interval: None,
            unit: None,
        };
        let expression = Expression::read(text)?;
        let groups = expression.groups(&[point].iter(), &(0..=120), 20);
        groups.values().flat_map(BTreeMap::values).next().copied()
    }

    #[test]
    fn expressions_are_calculated() {
        for (text, expected) in [
            ("max:a.b{*}", -3.0),
            ("1 - 2 * max:a.b{x:1} by {x}", 7.0),
            ("abs(max:a.b{*} + 1) * abs(min:a.b{*})", 6.0),
            ("(1 - 2) * max:a.b{*}", 3.0),
            ("5 * clamp_max(sum:a.b{*}, -4) - 1", -21.0),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
        for text in ["max:a.b{y:1}", "7"] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_is_not_read() {
        for text in
            ["", "1 +", "max:a.b", "abs(max:a.b{*}", "clamp_max(max:a.b{*})", "sqrt(max:a.b{*})", "1 2"]
        {
            assert_eq!(Expression::read(text), None, "{text}");
        }
    }
}
