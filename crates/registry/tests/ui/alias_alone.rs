// An alias needs an end, and an end needs an alias.
use system_health_registry::system_health_metric;

/// Never ends.
#[system_health_metric(key = "pulls.open", alias = "pulls.all")]
fn without_end() -> u64 { 0 }

/// Ends nothing.
#[system_health_metric(key = "pulls.waiting", alias_until = "2027-01-31")]
fn without_alias() -> u64 { 0 }

fn main() {}
