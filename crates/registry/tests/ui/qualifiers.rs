// The registry calls the function from ordinary safe code.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
const unsafe extern "C" fn open_pull_requests() -> u64 {
    0
}

fn main() {}
