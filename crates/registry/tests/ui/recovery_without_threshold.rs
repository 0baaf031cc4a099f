// An alert ends at a value that is better than the goal's threshold. A goal of one exact value has no better value.
use system_health_registry::system_health_metric;

/// Has no goal.
#[system_health_metric(key = "pulls.open", recovery = "3")]
fn without_goal() -> u64 { 0 }

/// Has one good value.
#[system_health_metric(key = "pulls.waiting", goal = "== 1", recovery = "1")]
fn one_value() -> u64 { 0 }

fn main() {}
