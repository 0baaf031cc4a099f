//! One value at one time, with everything that a backend or a store needs. A point outlives the run and the program that
//! collected it.

use std::{collections::BTreeSet, time::SystemTime};

use crate::{Kind, Tag, Value};

/// A value of a series at a time. A series is a key and a set of tags.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The metric's key.
    pub key: String,
    /// How values of different times are combined.
    pub kind: Kind,
    /// What the values count or measure.
    pub unit: Option<String>,
    /// All tags: of the report, the metric, the subject and the sample.
    pub tags: BTreeSet<Tag>,
    /// The time of the value, in whole seconds. Most backends replace this point if they get another one of the same series
    /// and time.
    pub timestamp: SystemTime,
    /// The start of the time that the value covers, if it is known. A counter was zero at this time.
    pub since: Option<SystemTime>,
    /// The value. A number is always finite.
    pub value: Value,
}
