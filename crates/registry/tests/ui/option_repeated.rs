// It is not clear which of two values was meant.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", unit = "pull", unit = "request")]
fn open_pull_requests() -> u64 {
    0
}

fn main() {}
