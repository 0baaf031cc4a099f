//! The text of a settings file is either parsed or refused with a message.
#![no_main]

use std::{path::Path, time::Duration};

use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use system_health_registry::{Settings, settings_table};

#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
struct Queue {
    window: Duration,
    patterns: Vec<String>,
    limit: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self { window: Duration::from_secs(1), patterns: Vec::new(), limit: 1 }
    }
}

settings_table!(Queue, "queue");

fuzz_target!(|text: &str| {
    let parsed = Settings::builder().toml(Path::new("a.toml"), text).and_then(|builder| builder.build());
    match parsed {
        // If the whole file is valid, each table is valid.
        Ok(settings) => drop(settings.table::<Queue>().expect("a table of checked settings")),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
