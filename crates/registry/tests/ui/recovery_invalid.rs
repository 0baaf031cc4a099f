// With these values an alert would never end, or would end while the goal is missed.
use system_health_registry::system_health_metric;

/// Is not a number.
#[system_health_metric(key = "pulls.open", goal = "< 5", recovery = "few")]
fn no_number() -> u64 { 0 }

/// Misses the goal.
#[system_health_metric(key = "pulls.waiting", goal = "< 5", recovery = "5")]
fn missed() -> u64 { 0 }

fn main() {}
