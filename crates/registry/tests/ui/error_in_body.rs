// Errors in the body are reported in the body, not at the attribute.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", unit = "pull request")]
async fn open_pull_requests() -> u64 {
    let open: u64 = "seven";
    open
}

fn main() {}
