// People read the description when they see a value for the first time.
use system_health_registry::system_health_metric;

#[system_health_metric(key = "pulls.open")]
fn missing() -> u64 { 0 }

///
#[system_health_metric(key = "pulls.waiting")]
fn empty() -> u64 { 0 }

fn main() {}
