// The error is reported at the type that is not a resource, and only there.
use system_health_registry::system_health_metric;

use system_health_registry::Settings;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
async fn open_pull_requests(_settings: Settings, repository: Option<String>) -> usize {
    repository.map_or(0, |name| name.len())
}

fn main() {}
