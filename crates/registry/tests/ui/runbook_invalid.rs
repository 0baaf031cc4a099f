// A runbook must be a page that people can open, and an owner must not be blank.
use system_health_registry::system_health_metric;

/// An address that no browser opens.
#[system_health_metric(key = "a.b", runbook = "wiki/hotfix")]
fn no_address() -> u64 {
    1
}

/// Has a blank owner.
#[system_health_metric(key = "a.c", owner = " ")]
fn nobody() -> u64 {
    1
}

fn main() {}
