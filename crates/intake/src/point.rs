//! A stored value of a series.

use std::collections::BTreeSet;

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
