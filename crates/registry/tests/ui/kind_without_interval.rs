// A count or a rate means nothing without the time that it covers.
use system_health_registry::system_health_metric;

/// Pull requests that were merged.
#[system_health_metric(key = "pulls.merged", kind = "count")]
fn merged() -> u64 { 0 }

/// Pull requests that were merged per second.
#[system_health_metric(key = "pulls.merged_rate", kind = "rate")]
fn merged_rate() -> f64 { 0.0 }

fn main() {}
