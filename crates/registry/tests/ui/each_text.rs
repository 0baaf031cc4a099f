// A type is written without quotes.

use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", each = "Repository")]
fn open_pull_requests() -> usize {
    3
}

fn main() {}
