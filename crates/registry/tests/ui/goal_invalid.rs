// A goal without a comparison could never be met or missed.
use system_health_registry::system_health_metric;

/// Has no comparison.
#[system_health_metric(key = "pulls.open", goal = "5")]
fn without_comparison() -> u64 { 0 }

/// Has no number.
#[system_health_metric(key = "pulls.waiting", goal = "< many")]
fn without_number() -> u64 { 0 }

fn main() {}
