// One mistake is reported once.
use system_health_registry::system_health_metric;

/// Has a goal that cannot be read.
#[system_health_metric(key = "pulls.open", goal = "5", recovery = "3")]
fn open_pull_requests() -> u64 { 0 }

fn main() {}
