//! The two parts of a delivery: values, and metrics about the reporter itself. The second part is delivered only after the
//! first one has been delivered to all destinations, which may take a while. Each part has its own group or file.
//! Otherwise, the delivery of the values would either remove the metrics about the reporter until they are delivered again, or
//! keep them. If they were kept and the reporter failed in between, they would look current although they are old.

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
    /// Both parts, in the order in which they are delivered.
    pub(crate) const ALL: [Self; 2] = [Self::Values, Self::Reporter];

    /// The part that a key belongs to.
    pub(crate) fn from_key(key: &str) -> Self {
        if is_self_metric(key) { Self::Reporter } else { Self::Values }
    }

    /// The value of the label `job` in a Pushgateway and in remote writes.
    pub(crate) const fn job(self) -> &'static str {
        match self {
            Self::Values => "system-health",
            Self::Reporter => "system-health-reporter",
        }
    }
}
