// An alias is delivered like a key, and it differs from the key.
use system_health_registry::system_health_metric;

/// Is not a key.
#[system_health_metric(key = "pulls.open", alias = "pulls/open", alias_until = "31.01.2027")]
fn no_key() -> u64 { 0 }

/// Is the current key.
#[system_health_metric(key = "pulls.waiting", alias = "pulls.waiting", alias_until = "2027-01-31")]
fn same_key() -> u64 { 0 }

fn main() {}
