//! The two parts of a delivery: values, and metrics about the reporter itself. The second part is known only after the
//! first one is delivered everywhere, which takes a while if a destination is slow. In a common group or file, either the
//! first part would remove the second one for that time, or old metrics about a reporter that fails in between would look
//! new.

use system_health_registry::self_metrics::is_self_metric;

/// A part. Each has its own group and its own file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The values of metrics.
    Values,
    /// Metrics about the reporter itself.
    Reporter,
}

impl Part {
    /// Both, in the order in which they are delivered.
    pub(crate) const ALL: [Self; 2] = [Self::Values, Self::Reporter];

    /// The part that a key belongs to.
    pub(crate) fn from_key(key: &str) -> Self {
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
