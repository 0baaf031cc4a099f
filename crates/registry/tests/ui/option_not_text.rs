// The macro cannot read the value of a constant. Units, goals and timeouts are string literals.
use system_health_registry::system_health_metric;

const UNIT: &str = "pull request";

/// Open pull requests.
#[system_health_metric(key = "pulls.open", unit = UNIT, timeout = 30, goal = '5')]
fn open_pull_requests() -> u64 {
    UNIT.len() as u64
}

fn main() {}
