// The key is not missing but empty, so the error points to the literal.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "")]
fn open_pull_requests() -> u64 {
    0
}

fn main() {}
