// A source has no key or goal: each of its metrics has its own, which only a run can know.
use system_health_registry::{DescribedReading, system_health_source};

/// Rows of a view.
#[system_health_source(name = "warehouse", goal = "< 5")]
fn warehouse() -> Vec<DescribedReading> {
    vec![]
}

fn main() {}
