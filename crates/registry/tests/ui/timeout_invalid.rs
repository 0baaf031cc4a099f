// A number without a unit could be seconds or milliseconds, and `M` could be minutes or months.
use system_health_registry::system_health_metric;

/// Has no unit.
#[system_health_metric(key = "pulls.open", timeout = "30")]
fn without_unit() -> u64 { 0 }

/// Could never be collected.
#[system_health_metric(key = "pulls.waiting", timeout = "0s")]
fn zero() -> u64 { 0 }

/// Could never be stopped.
#[system_health_metric(key = "pulls.old", timeout = "5M")]
fn upper_case() -> u64 { 0 }

fn main() {}
