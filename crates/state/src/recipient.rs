//! The destinations of the points of a run.

use std::time::SystemTime;

use system_health_registry::Temporality;

/// A destination whose outbox gets the points of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The name of the destination.
    pub destination: String,
    /// The kinds, such as `count`, whose repeated points the destination would add up.
    pub adds_up: Vec<&'static str>,
    /// Whether the destination gets only one point of the kinds in [`adds_up`](Self::adds_up) for each series and time.
    pub gets_one_point_per_time: bool,
    /// Whether the destination gets the totals of counters, or counts of what was added since the previous run.
    pub counters: Temporality,
    /// When the reporter began to watch counters. If a counter started later, its first total is an increase, not a baseline.
    /// `None` if totals of earlier runs may have been forgotten.
    pub watching_since: Option<SystemTime>,
    /// Whether a distribution contains the values of all runs, or only those of this run.
    pub distributions: Temporality,
    /// Whether the store has the runs before and after this one.
    pub continuity: Continuity,
}

/// Whether a store has the runs before and after a run. If not, points that continue points of earlier runs are not added to the
/// outbox: otherwise, a distribution with the values of all runs would begin anew, or the next run would count the same time
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuity {
    /// The store has all runs.
    Kept,
    /// Another store has the earlier and the later runs, but not this one.
    Interrupted,
    /// No store has the runs before and after this one. So no run continues an earlier one, and its counts and rates are added.
    None,
}

impl From<&str> for Recipient {
    /// A destination that gets every point as it is.
    fn from(destination: &str) -> Self {
        Self {
            destination: destination.to_owned(),
            adds_up: Vec::new(),
            gets_one_point_per_time: false,
            counters: Temporality::Cumulative,
            watching_since: Some(SystemTime::now()),
            distributions: Temporality::Delta,
            continuity: Continuity::Kept,
        }
    }
}
