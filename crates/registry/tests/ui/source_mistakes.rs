// All mistakes of a source are reported together.

use system_health_registry::{DescribedReading, system_health_source};

#[system_health_source(nmae = "warehouse", timeout = "soon")]
fn warehouse() -> Vec<DescribedReading> {
    vec![]
}

fn main() {}
