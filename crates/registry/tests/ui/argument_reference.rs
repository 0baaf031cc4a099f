// Resources are clones of shared values, so a collector cannot borrow them.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
fn open_pull_requests(settings: &system_health_registry::Settings) -> usize {
    format!("{settings:?}").len()
}

fn main() {}
