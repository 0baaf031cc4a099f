// In other systems, metrics are often values or types. Here they are functions.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
pub struct OpenPullRequests;

/// Waiting pull requests.
#[system_health_metric(key = "pulls.waiting")]
static WAITING: u64 = 0;

fn main() {}
