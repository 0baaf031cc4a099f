//! Errors in the body of a traced function are reported as if there were no attribute.
use system_health_registry::traced;

#[traced]
fn count_rows() -> u64 {
    "seven"
}

#[traced]
async fn ask() -> Result<u64, std::fmt::Error> {
    Ok("seven")
}

fn main() {}
