// The message is at the type that is no resource, and nowhere else.
use system_health_registry::system_health_metric;

use system_health_registry::Settings;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
async fn open_pull_requests(_settings: Settings, repository: Option<String>) -> usize {
    repository.map_or(0, |name| name.len())
}

fn main() {}
