//! The errors of all tables are reported together.

use std::path::Path;

use insta::assert_snapshot;
use serde::Deserialize;
use system_health_registry::{
    Settings,
    settings::{SettingsBuilder, SettingsError},
    settings_table,
};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Mail {
    port: u16,
}

impl Mail {
    /// Reads the table [queue], so the check fails if that table is wrong.
    fn check(&self, settings: &Settings) -> Result<(), SettingsError> {
        let queue: Queue = settings.table()?;
        if self.port > 0 && queue.port == self.port {
            return Err(settings.refuse::<Self>("port", "the queue has the same port"));
        }
        Ok(())
    }
}

settings_table!(Mail, "mail", check: Mail::check);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Queue {
    port: u16,
}

settings_table!(Queue, "queue");

fn error(text: &str) -> SettingsError {
    let built = Settings::builder().toml(Path::new("a.toml"), text).and_then(SettingsBuilder::build);
    built.unwrap_err()
}

#[test]
fn each_wrong_table_has_an_error() {
    assert_snapshot!(error("[mail]\nprt = 1\n[queue]\nprt = 1\n[quene]\nport = 1\n"), @"
    3 tables are wrong:
      a.toml:5:2: there is no table [quene]; did you mean `queue`? (others: `metrics`, `mail`)
      a.toml:2:1: there is no key `prt` in [mail]; did you mean `port`?
      a.toml:4:1: there is no key `prt` in [queue]; did you mean `port`?
    ");
}

#[test]
fn the_same_error_is_reported_once() {
    let error = error("[mail]\nport = 1\n[queue]\nprt = 1\n");

    assert_eq!(error.to_string(), "a.toml:4:1: there is no key `prt` in [queue]; did you mean `port`?");
}

#[test]
fn at_most_ten_errors_are_shown() {
    let tables: Vec<String> = (0..12).map(|number| format!("[x{number:02}]\n")).collect();

    let text = error(&tables.concat()).to_string();

    assert_eq!(text.lines().count(), 1 + 10 + 1, "{text}");
    assert!(text.starts_with("12 tables are wrong:\n") && text.ends_with("\n  and 2 more"), "{text}");
}
