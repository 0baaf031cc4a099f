// No monitor can be created with these windows.
use system_health_registry::system_health_metric;

/// Is not a whole number of minutes.
#[system_health_metric(key = "pulls.open", window = "90s")]
fn seconds() -> u64 { 0 }

/// Is longer than a week.
#[system_health_metric(key = "pulls.waiting", window = "8d")]
fn too_long() -> u64 { 0 }

fn main() {}
