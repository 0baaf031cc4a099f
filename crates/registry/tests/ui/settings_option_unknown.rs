// A misspelled option must not be left out silently.
use system_health_registry::settings_table;

#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
struct Queue {
    host: String,
}

settings_table!(Queue, "queue", envs: { "host" => "QUEUE_HOST" });

fn main() {}
