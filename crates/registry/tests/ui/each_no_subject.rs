// The error is reported at the type that is not a subject.

use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", each = String)]
fn open_pull_requests() -> usize {
    3
}

fn main() {}
