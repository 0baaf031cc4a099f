// The error of a sync function is also reported only at the type that is not a resource.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
fn open_pull_requests(repository: String) -> usize {
    repository.len()
}

fn main() {}
