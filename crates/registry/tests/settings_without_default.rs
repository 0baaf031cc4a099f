//! A table that needs a value is an error of its author, whatever the file says.

use std::path::Path;

use serde::Deserialize;
use system_health_registry::{Settings, settings_table};

#[derive(Debug, Clone, Deserialize)]
struct BackupSettings {
    #[expect(dead_code, reason = "only its absence is of interest")]
    folder: String,
}

settings_table!(BackupSettings, "backup");

#[test]
fn the_missing_default_is_named_also_where_a_file_has_the_key() {
    for text in ["", "[backup]\nfolder = 'a'"] {
        let error = Settings::builder().toml(Path::new("a.toml"), text).unwrap().build().unwrap_err();

        assert_eq!(
            error.to_string(),
            "the settings table [backup] has no default for `folder`; its struct needs `#[serde(default)]`, or the \
             field an `Option`"
        );
    }
}
