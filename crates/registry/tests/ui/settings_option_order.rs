// A new developer may not know the order of the options.
use system_health_registry::settings_table;

#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
struct Queue {
    host: String,
}

settings_table!(Queue, "queue", shown: |_| true, env: { "host" => "QUEUE_HOST" });

fn main() {}
