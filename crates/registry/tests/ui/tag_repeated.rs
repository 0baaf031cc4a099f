// Tags are compared as Datadog stores them, in lower case.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", tags = ["team:platform", "Team:Platform"])]
fn open_pull_requests() -> u64 {
    0
}

fn main() {}
