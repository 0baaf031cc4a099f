//! Whether a table allows that its texts are shown. By default, it does not.

use std::path::Path;

use serde::Deserialize;
use system_health_registry::{Settings, settings_table};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Mail {
    server: String,
}

impl Mail {
    fn has_valid_server(&self) -> bool {
        self.server.contains('.')
    }
}

settings_table!(Mail, "mail", env: { "server" => "MAIL_SERVER" }, shown: Mail::has_valid_server);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Queue {
    broker: String,
}

settings_table!(Queue, "queue");

fn settings(text: &str) -> Settings {
    Settings::builder().toml(Path::new("settings.toml"), text).unwrap().build().unwrap()
}

#[test]
fn a_table_can_allow_its_texts_depending_on_its_values() {
    assert!(settings("[mail]\nserver = 'mail.example'").shows_text("mail"));
    assert!(!settings("[mail]\nserver = 'hunter2'").shows_text("mail"));
}

#[test]
fn other_tables_do_not_allow_that_their_texts_are_shown() {
    let settings = settings("[queue]\nbroker = 'mail.example'");

    assert_eq!(settings.table::<Queue>().unwrap().broker, "mail.example");
    assert!(!settings.shows_text("queue"));
    assert!(!settings.shows_text("unknown"));
}
