// The two parts of a pair are connected by an arrow, not by a colon.
use system_health_registry::settings_table;

#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
struct Queue {
    host: String,
}

settings_table!(Queue, "queue", env: { "host": "QUEUE_HOST" });

fn main() {}
