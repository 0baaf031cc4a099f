// A new developer may first try the key alone, or an option as a flag.
use system_health_registry::system_health_metric;

/// The key alone.
#[system_health_metric("pulls.open")]
fn key_alone() -> u64 { 0 }

/// An option without a value.
#[system_health_metric(key = "pulls.waiting", goal, unit =)]
fn no_value() -> u64 { 0 }

fn main() {}
