//! How a monitor alerts.

use std::time::Duration;

use super::OnMissingData;

/// How a monitor alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Alerting {
    /// Recipients: handles such as `@slack-platform`.
    pub notify: Vec<String>,
    /// Evaluation window, in whole minutes. It should always contain at least one point.
    pub window: Duration,
    /// Value at which an alert ends. Default: when the goal is met.
    pub recovery: Option<f64>,
    /// What happens if the window contains no value.
    pub on_missing_data: OnMissingData,
    /// Names of tags; each combination of their values has its own alert.
    pub group_by: Vec<String>,
    /// Time after which an alert is repeated. Default: never.
    pub renotify: Option<Duration>,
    /// From 1 (high) to 5 (low). Default: none.
    pub priority: Option<u8>,
}
