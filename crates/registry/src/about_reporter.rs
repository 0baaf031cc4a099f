//! The metrics about the reporter itself. The reporter declares them, and dashboards and monitors treat them apart
//! from those that people are responsible for. This is the one place that says which they are.

/// What their keys start with. No other metric may use it.
const PREFIX: &str = "system_health.reporter.";

/// How long a run took. Each run has a value, so this one shows whether runs happen.
pub const RUN_DURATION: &str = "system_health.reporter.run_duration_seconds";
/// Whether each metric was collected.
pub const COLLECTOR_SUCCESS: &str = "system_health.reporter.collector_success";
/// The fate of the points that were to be delivered.
pub const POINTS: &str = "system_health.reporter.points";
/// Points that wait for the next run.
pub const OUTBOX_POINTS: &str = "system_health.reporter.outbox_points";

/// The last part of the key, such as `points`, if a metric with this key is about the reporter itself.
#[must_use]
pub fn name(key: &str) -> Option<&str> {
    key.strip_prefix(PREFIX)
}

/// Whether a metric with this key is about the reporter itself.
#[must_use]
pub fn is_about(key: &str) -> bool {
    name(key).is_some()
}
