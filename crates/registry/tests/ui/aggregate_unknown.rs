// There are only four ways to combine several values.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", aggregate = "median")]
fn open_pull_requests() -> u64 { 0 }

fn main() {}
