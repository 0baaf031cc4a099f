// Without the comma, the second option would be a part of the first one's value.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open" unit = "pull request")]
fn open_pull_requests() -> u64 { 0 }

fn main() {}
