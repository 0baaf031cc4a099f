// In some other languages, the text "false" counts as true, and "2" as a number.
use system_health_registry::system_health_metric;

/// Not collected unless the settings name it.
#[system_health_metric(key = "pulls.open", enabled = "false")]
fn not_bool() -> u64 { 0 }

/// The requests of one collection.
#[system_health_metric(key = "pulls.waiting", requests = "two")]
fn not_number() -> u64 { 0 }

/// No collection makes infinitely many requests.
#[system_health_metric(key = "pulls.closed", requests = 1e999)]
fn not_finite() -> u64 { 0 }

fn main() {}
