// All mistakes of a source are reported together.

use system_health_registry::{Described, system_health_source};

#[system_health_source(nmae = "warehouse", timeout = "soon")]
fn warehouse() -> Vec<Described> {
    vec![]
}

fn main() {}
