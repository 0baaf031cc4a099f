// An empty unit means nothing. If a metric has no unit, the option is left out.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", unit = "")]
fn open_pull_requests() -> u64 {
    0
}

fn main() {}
