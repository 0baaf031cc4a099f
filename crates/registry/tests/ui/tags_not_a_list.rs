// A single tag is written as a list, too.
use system_health_registry::system_health_metric;

/// A text instead of a list.
#[system_health_metric(key = "pulls.open", tags = "team:platform")]
fn text() -> u64 { 0 }

/// A list of something else.
#[system_health_metric(key = "pulls.waiting", tags = [team, platform])]
fn names() -> u64 { 0 }

fn main() {}
