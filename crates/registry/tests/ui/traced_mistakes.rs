//! A span needs a function with a body, and has the name of this function.
use system_health_registry::traced;

#[traced(name = "rows")]
fn count_rows() {}

#[traced]
const fn two() -> u8 {
    2
}

#[traced]
fn rows() -> impl Iterator<Item = u8> {
    [1].into_iter()
}

#[traced]
struct Rows;

trait Count {
    #[traced]
    fn count(&self) -> u64;
}

fn main() {}
