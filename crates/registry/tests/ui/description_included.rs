// The attribute sees the macro, not the text that it expands to.
use system_health_registry::system_health_metric;

#[doc = include_str!("description_included.rs")]
#[system_health_metric(key = "pulls.open")]
fn open_pull_requests() -> u64 {
    0
}

fn main() {}
