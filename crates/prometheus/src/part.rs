//! The two parts of what a reporter delivers. What it says about itself is known only after everything else is
//! delivered, which takes a while when another destination is slow. In one group or file, either the first part would
//! remove the second one for that time, or old words of a reporter that no longer gets so far would look new.

use system_health_registry::self_metrics::is_self_metric;

/// A part, with a group and a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The values of metrics.
    Values,
    /// What the reporter says about itself.
    Reporter,
}

impl Part {
    /// Both, in the order in which they are delivered.
    pub(crate) const ALL: [Self; 2] = [Self::Values, Self::Reporter];

    /// The part that a key belongs to.
    pub(crate) fn of(key: &str) -> Self {
        if is_self_metric(key) { Self::Reporter } else { Self::Values }
    }

    /// The value of the label `job` in the Pushgateway.
    pub(crate) const fn job(self) -> &'static str {
        match self {
            Self::Values => "system-health",
            Self::Reporter => "system-health-reporter",
        }
    }
}
