// The context builds resources of concrete types and returns owned values.
use system_health_registry::system_health_metric;

/// Has parameters.
#[system_health_metric(key = "pulls.open")]
fn parameters<'a, T: Clone, const N: usize>() -> u64 { N as u64 }

/// Has a condition.
#[system_health_metric(key = "pulls.waiting")]
fn condition() -> u64 where String: Clone { 0 }

fn main() {}
