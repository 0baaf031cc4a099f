// A metric is delivered and found by its key.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(unit = "pull request")]
fn open_pull_requests() -> u64 {
    0
}

fn main() {}
