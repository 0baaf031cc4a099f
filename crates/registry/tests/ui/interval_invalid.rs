// Datadog accepts intervals in whole seconds.
use system_health_registry::system_health_metric;

/// Has a fraction of a second.
#[system_health_metric(key = "pulls.merged", kind = "count", interval = "1500ms")]
fn fraction() -> u64 { 0 }

/// Is not a duration.
#[system_health_metric(key = "pulls.closed", kind = "rate", interval = "often")]
fn unreadable() -> u64 { 0 }

fn main() {}
