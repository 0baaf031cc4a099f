//! Secrets in settings. They come from an environment variable, from a file that a variable names, or from the settings file.
//! Entries, errors and debug output do not contain them.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use system_health_registry::{
    Settings,
    settings::{SecretSetting, SettingsBuilder},
    settings_table,
};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct QueueSettings {
    token: Option<SecretSetting>,
    /// Declared as a secret, although its type is not `SecretSetting`.
    pin: Option<u32>,
    retries: Option<u32>,
    hosts: BTreeMap<String, u32>,
}

settings_table!(QueueSettings, "q", secret: { "token" => "Q_TOKEN", "pin" => "Q_PIN" });

/// A table that is refused as a whole, with a message that shows all of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
struct PairSettings;

impl TryFrom<BTreeMap<String, String>> for PairSettings {
    type Error = String;

    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, String> {
        if pairs.is_empty() { Ok(Self) } else { Err(format!("{pairs:?} are too many")) }
    }
}

settings_table!(PairSettings, "pairs", secret: { "word" => "PAIRS_WORD" });

fn from_environment(variable: &'static str, value: &str) -> SettingsBuilder {
    Settings::builder().environment_from(|name| (name == variable).then(|| value.to_owned()))
}

fn from_file(text: &str) -> SettingsBuilder {
    Settings::builder().toml(Path::new("a.toml"), text).unwrap()
}

fn token(settings: &Settings) -> String {
    settings.table::<QueueSettings>().unwrap().token.unwrap().expose().to_owned()
}

#[test]
fn a_secret_comes_from_a_variable_its_own_file_or_the_settings_file() {
    let file = std::env::temp_dir().join(format!("secret-setting-{}", std::process::id()));
    fs::write(&file, " s3cret\n").unwrap();
    for settings in [
        from_environment("Q_TOKEN", "s3cret "),
        from_environment("Q_TOKEN_FILE", file.to_str().unwrap()),
        from_file("[q]\ntoken = 's3cret'\n"),
    ] {
        assert_eq!(token(&settings.build().unwrap()), "s3cret");
    }
    fs::remove_file(file).unwrap();
}

#[test]
fn entries_and_debug_output_contain_no_secret() {
    let settings = from_file("[q]\ntoken = 's3cret'\npin = 4711\nretries = 3\n").build().unwrap();

    let entries: Vec<_> = settings.entries().map(|(_, key, value, _)| (key.to_owned(), value)).collect();

    let expected = [("pin", None), ("retries", Some("3")), ("token", None)];
    assert_eq!(entries, expected.map(|(key, value)| (key.to_owned(), value.map(str::to_owned))));
    let table: QueueSettings = settings.table().unwrap();
    for shown in [format!("{settings:?}"), format!("{table:?}")] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn errors_contain_no_secret() {
    let long = "0123456789abcdef";
    for (text, secret) in [
        ("[q]\ntoken = 47114711\n", "4711"),
        ("[q]\ntoken = ['s3cret']\n", "s3cret"),
        ("[q.token]\nvalue = 's3cret'\n", "s3cret"),
        ("[q]\npin = 's3cret'\n", "s3cret"),
        ("[q]\npin = -4711\n", "4711"),
        (&format!("[q]\nretries = '{long}'\n"), long),
        ("[q]\nretries = 'https://u:s3cret@host'\n", "s3cret"),
        (&format!("[q.hosts]\na = '{long}'\n"), long),
    ] {
        let error = from_file(text).build().unwrap_err();
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(!shown.contains(secret), "{text}: {shown}");
        }
        assert!(error.to_string().starts_with("a.toml:"), "{error}");
    }
}

#[test]
fn the_error_about_a_whole_table_contains_no_secret() {
    let long = "0123456789abcdef";
    let text = format!("[pairs]\nhost = 'shop'\nname = '{long}'\nword = 's3cret'\nghp_{long} = 'key'\n");

    let error = from_file(&text).build().unwrap_err();

    assert_eq!(
        error.to_string(),
        "settings table [pairs]: {\"...\": \"key\", \"host\": \"shop\", \"name\": \"...\", \"word\": \"...\"} \
         are too many"
    );
}

#[test]
fn the_keys_of_secrets_are_not_suggested() {
    let error = from_file("[q]\ntokn = 's3cret'\n").build().unwrap_err();

    assert_eq!(error.to_string(), "a.toml:2:1: there is no key `tokn` in [q]; there are `hosts`, `retries`");
}

#[test]
fn the_error_about_an_unreadable_secret_file_does_not_contain_the_path() {
    let error = from_environment("Q_TOKEN_FILE", "/nowhere/s3cret").build().unwrap_err();

    assert_eq!(
        error.to_string(),
        "cannot read `token` in [q] from the file that the environment variable Q_TOKEN_FILE names"
    );
}
