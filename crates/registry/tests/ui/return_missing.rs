// A metric needs a value.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
fn open_pull_requests() {}

fn main() {}
