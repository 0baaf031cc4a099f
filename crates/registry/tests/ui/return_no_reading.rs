// The error is reported at the return type, and only there.
use system_health_registry::system_health_metric;

/// A text is not a number.
#[system_health_metric(key = "pulls.open")]
async fn text() -> Result<String, std::io::Error> { Ok(String::new()) }

/// The unit type is not a number.
#[system_health_metric(key = "pulls.waiting")]
fn nothing() -> () {}

fn main() {}
