// The context finds a resource by its concrete type.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
fn open_pull_requests(pulls: impl Iterator<Item = u64>) -> u64 {
    pulls.sum()
}

fn main() {}
