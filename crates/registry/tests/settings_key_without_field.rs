//! A declaration must not name a key that the struct does not have. The error is reported even if nothing sets the key.

use serde::Deserialize;
use system_health_registry::{Settings, settings_table};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct BackupSettings {
    folder: String,
}

settings_table!(BackupSettings, "backup", env: { "foldr" => "BACKUP_FOLDER" });

#[test]
fn the_error_names_the_key_and_the_place() {
    let error = Settings::builder().build().unwrap_err().to_string();

    assert_eq!(
        error,
        "the declaration of the settings table [backup] in settings_key_without_field \
         (crates/registry/tests/settings_key_without_field.rs:12) names the key `foldr`, which its struct does not have; \
         did you mean `folder`?"
    );
}
