//! Two crates must not declare a table with the same name, because each would refuse the keys of the other.

use serde::Deserialize;
use system_health_registry::{Settings, settings_table};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct BackupSettings {}

settings_table!(BackupSettings, "backup");

mod other {
    use super::{Deserialize, settings_table};

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(default)]
    struct BackupSettings {}

    settings_table!(BackupSettings, "backup");
}

#[test]
fn the_error_names_both_declarations() {
    let error = Settings::builder().build().unwrap_err().to_string();

    let place = |line: u32| {
        format!("settings_declared_twice (crates/registry/tests/settings_declared_twice.rs:{line})")
    };
    assert_eq!(
        error,
        format!(
            "the settings table [backup] is declared twice: by {} and by {}; rename one of them",
            place(10),
            place(19)
        )
    );
}
