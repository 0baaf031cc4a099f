// A gauge is a current value and covers no time. Probably another kind was meant.
use system_health_registry::system_health_metric;

/// The kind is a gauge by default.
#[system_health_metric(key = "pulls.open", interval = "15m")]
fn default_kind() -> u64 { 0 }

/// The kind is a gauge by name.
#[system_health_metric(key = "pulls.waiting", kind = "gauge", interval = "15m")]
fn gauge() -> u64 { 0 }

fn main() {}
