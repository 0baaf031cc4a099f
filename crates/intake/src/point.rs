//! A stored value of a series.

use std::collections::BTreeSet;

/// The types of series, by their numbers in Datadog's API.
pub(crate) const KINDS: [&str; 4] = ["unspecified", "count", "rate", "gauge"];

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

/// The type with this name; `unspecified` if there is none.
pub(crate) fn kind_named(name: &str) -> &'static str {
    KINDS.into_iter().find(|kind| *kind == name).unwrap_or(KINDS[0])
}
