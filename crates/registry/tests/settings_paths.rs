//! Relative paths in a file are relative to its folder. Other relative paths are relative to the current folder.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use system_health_registry::{
    Settings,
    settings::{Origin, SettingPath, SettingsBuilder},
    settings_table,
};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct VaultSettings {
    certificate: Option<SettingPath>,
    clones: Vec<SettingPath>,
    keys: BTreeMap<String, KeySettings>,
}

#[derive(Debug, Clone, Deserialize)]
struct KeySettings {
    file: SettingPath,
}

settings_table!(VaultSettings, "vault", env: { "certificate" => "VAULT_CERTIFICATE", "clones" => "VAULT_CLONES" });

fn vault(builder: SettingsBuilder) -> VaultSettings {
    builder.build().unwrap().table().unwrap()
}

fn file(path: &str, text: &str) -> SettingsBuilder {
    Settings::builder().toml(Path::new(path), text).unwrap()
}

#[test]
fn a_path_in_a_file_is_relative_to_the_folder_of_the_file() {
    let text =
        "[vault]\ncertificate = 'ca.pem'\nclones = ['../shop', '/srv/web']\nkeys.main.file = 'main.key'";

    let settings = vault(file("/etc/acme/system-health.toml", text));

    assert_eq!(settings.certificate, Some("/etc/acme/ca.pem".into()));
    assert_eq!(settings.clones, ["/etc/acme/../shop".into(), "/srv/web".into()]);
    assert_eq!(settings.keys["main"].file, "/etc/acme/main.key".into());
    assert_eq!(vault(file("system-health.toml", text)).certificate, Some("ca.pem".into()));
}

#[test]
fn a_path_in_a_variable_or_a_flag_is_relative_to_the_current_folder() {
    let text = "[vault]\ncertificate = 'ca.pem'";
    let variables = |name: &str| match name {
        "VAULT_CERTIFICATE" => Some("certs/ca.pem".to_owned()),
        "VAULT_CLONES" => Some("shop,../web".to_owned()),
        _ => None,
    };

    let environment = file("/etc/acme/system-health.toml", text).environment_from(variables);
    let flag = file("/etc/acme/system-health.toml", text).set(
        "vault",
        "certificate",
        "flag.pem",
        Origin::Flag("--certificate"),
    );

    let settings = vault(environment);
    assert_eq!(settings.certificate, Some("certs/ca.pem".into()));
    assert_eq!(settings.clones, ["shop".into(), "../web".into()]);
    assert_eq!(vault(flag).certificate, Some("flag.pem".into()));
}

#[test]
fn invalid_paths_are_refused() {
    for (text, message) in [
        ("certificate = ' '", "a.toml:2:1: `certificate` in [vault]: the path is empty"),
        (
            "certificate = 3",
            "a.toml:2:1: `certificate` in [vault]: invalid type: integer `3`, expected a path",
        ),
        ("clones = ['a', '']", "a.toml:2:16: `clones[1]` in [vault]: the path is empty"),
    ] {
        let error = file("a.toml", &format!("[vault]\n{text}")).build().unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn other_deserializers_do_not_change_paths() {
    let key: KeySettings = serde_json::from_str(r#"{"file": "main.key"}"#).unwrap();

    assert_eq!(key.file, "main.key".into());
}
