// A misspelt option must not be ignored.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", intervall = "15m")]
fn open_pull_requests() -> u64 {
    0
}

fn main() {}
