//! The status of monitors, and its changes.

use std::fmt;

use serde::Serialize;

/// The status of a monitor's group. Without data, a group keeps its status, unless the monitor's options say otherwise. The status
/// of a monitor is the worst status of its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Status {
    /// The condition is not met, or there is no data and `on_missing_data` is `resolve`.
    #[serde(rename = "OK")]
    Ok,
    /// There was data before, but there is none now, and the monitor's options ask to show that. A monitor without groups has this
    /// status, too.
    #[serde(rename = "No Data")]
    NoData,
    /// The condition is met, or was met and the recovery threshold is not reached yet.
    Alert,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A change of the status of a monitor's group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The time of the change, in seconds since 1970.
    pub at: i64,
    /// The monitor's id.
    pub monitor: u64,
    /// The tags of the group. Empty if the monitor does not group by tags.
    pub group: Vec<String>,
    /// The old status. A new group starts as OK.
    pub from: Status,
    /// The new status.
    pub to: Status,
    /// Whether somebody is notified.
    pub notifies: bool,
}
