//! The status of monitors, and its changes.

use serde::Serialize;

/// The status of a monitor's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Status {
    /// The condition is not met.
    #[serde(rename = "OK")]
    Ok,
    /// There was data before, but there is none now.
    #[serde(rename = "No Data")]
    NoData,
    /// The condition is met.
    Alert,
}

/// A change of the status of a monitor's group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The time of the change, in seconds since 1970.
    pub at: i64,
    /// The monitor's id.
    pub monitor: u64,
    /// The tags of the group; none in a monitor without groups.
    pub group: Vec<String>,
    /// The old status. A new group is OK.
    pub from: Status,
    /// The new status.
    pub to: Status,
    /// Whether somebody is notified.
    pub notifies: bool,
}
