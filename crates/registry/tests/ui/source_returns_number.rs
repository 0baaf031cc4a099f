// A source returns metrics with their readings. A number is only a reading.

use system_health_registry::system_health_source;

/// Rows of a view.
#[system_health_source(name = "warehouse")]
fn warehouse() -> usize {
    3
}

fn main() {}
