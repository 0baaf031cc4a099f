//! What a monitor does if its evaluation window contains no point.

/// What a monitor does if its evaluation window contains no point.
/// See <https://docs.datadoghq.com/monitors/guide/on_missing_data/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnMissingData {
    /// The monitor keeps its last status. A monitor of a sum evaluates the sum as 0.
    Default,
    /// The status of the monitor becomes "No Data".
    #[default]
    ShowNoData,
    /// The status of the monitor becomes "No Data", and its recipients are notified.
    ShowAndNotifyNoData,
    /// The monitor is resolved.
    Resolve,
}

impl OnMissingData {
    /// Datadog's names.
    pub const NAMES: [&str; 4] = ["show_no_data", "show_and_notify_no_data", "resolve", "default"];

    /// Parses one of Datadog's names.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "show_no_data" => Some(Self::ShowNoData),
            "show_and_notify_no_data" => Some(Self::ShowAndNotifyNoData),
            "resolve" => Some(Self::Resolve),
            "default" => Some(Self::Default),
            _ => None,
        }
    }

    /// Whether the recipients of the monitor are notified.
    #[must_use]
    pub fn notifies(self) -> bool {
        self == Self::ShowAndNotifyNoData
    }
}
