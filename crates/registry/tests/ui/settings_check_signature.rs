// The error is reported at the function, with the signature that it needs.
use system_health_registry::settings_table;

#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
struct Queue {}

impl Queue {
    fn check(&self) -> bool { true }
}

settings_table!(Queue, "queue", check: Queue::check);

fn main() {}
