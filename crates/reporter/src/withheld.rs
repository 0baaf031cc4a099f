//! The points of a report that a failed store may contain. A later run delivers the points that the store contains.

use std::{collections::BTreeMap, fmt};

/// Points that must not be delivered from two stores.
#[derive(Debug, Clone)]
pub(crate) struct Withheld {
    /// The number of points in each outbox.
    pub(crate) points: BTreeMap<String, u64>,
    /// Whether the failed store certainly contains the points, so that the next run delivers them.
    pub(crate) is_certain: bool,
    /// Why the store failed.
    pub(crate) error: String,
}

/// What a store that failed contains of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contents {
    Nothing,
    /// Perhaps the report. If the report is there, the next run delivers it.
    Unknown,
    /// The report. The next run delivers it.
    Report,
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_certain { "wait" } else { "are not sent, because they may wait" };
        write!(f, "{}; points that the destination would add up {what} in the state folder", self.error)
    }
}
