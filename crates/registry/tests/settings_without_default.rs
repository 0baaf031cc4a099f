//! A key without a default is a mistake of the table's author. It is reported even if the file sets the key.

use std::path::Path;

use serde::Deserialize;
use system_health_registry::{Settings, settings_table};

#[derive(Debug, Clone, Deserialize)]
struct BackupSettings {
    #[expect(dead_code, reason = "the test only needs the missing default")]
    folder: String,
}

settings_table!(BackupSettings, "backup");

#[test]
fn the_error_names_the_key_without_a_default_and_the_place() {
    for text in ["", "[backup]\nfolder = 'a'"] {
        let error = Settings::builder().toml(Path::new("a.toml"), text).unwrap().build().unwrap_err();

        assert_eq!(
            error.to_string(),
            "the settings table [backup] in settings_without_default \
             (crates/registry/tests/settings_without_default.rs:14) has no default for `folder`; its struct needs \
             `#[serde(default)]`, or the field must be an `Option`"
        );
    }
}
