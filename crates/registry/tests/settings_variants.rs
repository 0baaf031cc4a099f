//! The value of a key may be an enum whose variants have fields. Unknown keys are refused there, too.

use std::path::Path;

use serde::Deserialize;
use system_health_registry::{Settings, settings_table};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct BackupSettings {
    target: Target,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Target {
    #[default]
    Nowhere,
    Folder(String),
    Bucket {
        name: String,
    },
}

settings_table!(BackupSettings, "backup");

fn target(text: &str) -> Result<Target, String> {
    let builder = Settings::builder().toml(Path::new("a.toml"), &format!("[backup]\ntarget = {text}\n"));
    let table = builder.unwrap().build().and_then(|settings| settings.table::<BackupSettings>());
    table.map(|table| table.target).map_err(|error| error.to_string())
}

#[test]
fn a_variant_is_a_text_or_a_table_with_one_key() {
    for (text, expected) in [
        ("'nowhere'", Target::Nowhere),
        ("{ folder = '/srv' }", Target::Folder("/srv".to_owned())),
        ("{ bucket = { name = 'b' } }", Target::Bucket { name: "b".to_owned() }),
    ] {
        assert_eq!(target(text), Ok(expected), "{text}");
    }
}

#[test]
fn unknown_and_additional_keys_are_refused() {
    for (text, expected) in [
        (
            "{ bucket = { name = 'b', nam = 'c' } }",
            "there is no key `nam` in [backup.target.bucket]; did you mean `name`?",
        ),
        (
            "{ folder = '/srv', bucket = { name = 'b' } }",
            "[backup.target]: set exactly one of `nowhere`, `folder`, `bucket`",
        ),
        ("{}", "[backup.target]: set exactly one of `nowhere`, `folder`, `bucket`"),
    ] {
        let error = target(text).unwrap_err();
        assert!(error.starts_with("a.toml:2:") && error.ends_with(expected), "{text}: {error}");
    }
}
