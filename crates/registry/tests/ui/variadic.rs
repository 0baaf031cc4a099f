// The registry passes one value for each argument.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
unsafe extern "C" fn open_pull_requests(_: ...) -> u64 {
    0
}

fn main() {}
