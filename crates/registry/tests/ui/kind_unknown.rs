// Other systems have kinds that do not exist here.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", kind = "histogram", interval = "15m")]
fn open_pull_requests() -> u64 {
    0
}

fn main() {}
