// Datadog would rewrite these keys, and two of them could become one metric.
use system_health_registry::system_health_metric;

/// Starts with a digit.
#[system_health_metric(key = "4.commits")]
fn digit() -> u64 { 0 }

/// Has a character that is not allowed.
#[system_health_metric(key = "commits.hot-fix")]
fn dash() -> u64 { 0 }

fn main() {}
