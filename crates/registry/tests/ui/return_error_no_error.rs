// The error names the type that is not an error.
use system_health_registry::system_health_metric;

struct Refused;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
fn open_pull_requests() -> Result<u64, Refused> {
    Err(Refused)
}

fn main() {}
