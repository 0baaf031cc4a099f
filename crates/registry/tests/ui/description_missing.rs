// Whoever sees the number first reads the description.
use system_health_registry::system_health_metric;

#[system_health_metric(key = "pulls.open")]
fn missing() -> u64 { 0 }

///
#[system_health_metric(key = "pulls.waiting")]
fn empty() -> u64 { 0 }

fn main() {}
