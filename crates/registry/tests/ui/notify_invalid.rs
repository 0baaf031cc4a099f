// Datadog notifies nobody if it does not recognise a handle.
use system_health_registry::system_health_metric;

/// Has no `@` in front.
#[system_health_metric(key = "pulls.open", goal = "< 5", notify = "@oncall slack-platform")]
fn no_handle() -> u64 { 0 }

/// Names nobody.
#[system_health_metric(key = "pulls.waiting", goal = "< 5", notify = " ")]
fn nobody() -> u64 { 0 }

fn main() {}
