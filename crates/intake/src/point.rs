//! A stored value of a series.

use std::collections::BTreeSet;

/// The types of series, by their numbers in Datadog's API.
pub(crate) const KINDS: [&str; 4] = ["unspecified", "count", "rate", "gauge"];

/// The type of distributions, which are not submitted as series.
pub(crate) const DISTRIBUTION: &str = "distribution";

/// One stored value of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The metric's name.
    pub metric: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// The time, in seconds since 1970.
    pub timestamp: i64,
    /// The value.
    pub value: f64,
    /// `unspecified`, `count`, `rate` or `gauge`.
    pub kind: &'static str,
    /// The time that a count or a rate covers, in seconds.
    pub interval: Option<i64>,
    /// The unit.
    pub unit: Option<String>,
}

/// What queries need of a point, or of a value of a distribution. Points of one series share its name and its tags.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PointRef<'a> {
    pub(crate) metric: &'a str,
    pub(crate) tags: &'a BTreeSet<String>,
    /// In seconds since 1970.
    pub(crate) timestamp: i64,
    pub(crate) value: f64,
    pub(crate) kind: &'static str,
    /// In seconds.
    pub(crate) interval: Option<i64>,
    /// The number of times that a value of a distribution counts.
    pub(crate) weight: f64,
}

impl<'a> From<&'a Point> for PointRef<'a> {
    fn from(point: &'a Point) -> Self {
        let Point { metric, tags, timestamp, value, kind, interval, .. } = point;
        Self { metric, tags, timestamp: *timestamp, value: *value, kind, interval: *interval, weight: 1.0 }
    }
}

/// The type with this name; `unspecified` if there is none.
pub(crate) fn kind_named(name: &str) -> &'static str {
    KINDS.into_iter().find(|kind| *kind == name).unwrap_or(KINDS[0])
}
