//! Keys that exclude each other, values that a table's own check refuses, and keys of nested tables.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use system_health_registry::{
    Settings,
    settings::{Origin, SettingsError},
    settings_table,
};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Limits {
    pages: u8,
}

/// A table with two keys that exclude each other, and with a check of its values.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct PoolSettings {
    host: Option<String>,
    hosts: Option<Vec<String>>,
    limits: BTreeMap<String, Limits>,
}

settings_table!(
    PoolSettings, "pool",
    env: { "hosts" => "POOL_HOSTS" },
    ambient: { "host" => "CI_HOST" },
    exclusive: { "host" => "hosts" },
    check: PoolSettings::check_limits,
);

impl PoolSettings {
    fn check_limits(&self, settings: &Settings) -> Result<(), SettingsError> {
        let Some((name, _)) = self.limits.iter().find(|(_, limits)| limits.pages == 0) else { return Ok(()) };
        Err(settings.refuse::<Self>(&format!("limits.{name}.pages"), "a limit must be at least 1"))
    }
}

/// The message for the text of a file.
fn refusal(text: &str) -> String {
    let builder = Settings::builder().toml(Path::new("system-health.toml"), text);
    let error =
        builder.and_then(|builder| builder.build().map(|_| ())).expect_err("the settings are refused");
    error.to_string()
}

#[test]
fn exclusive_keys_are_refused_in_one_file_and_replace_each_other_across_layers() {
    let text_with_both_keys = "[pool]\nhosts = ['b']\n\nhost = 'a'";
    assert_eq!(
        refusal(text_with_both_keys),
        "system-health.toml:4:1: `host` in [pool] cannot be set beside `hosts` (system-health.toml:2:1); keep one of them"
    );
    let pool = |text: &str, variable: &'static str| {
        let file = Settings::builder().toml(Path::new("a.toml"), text).unwrap();
        let settings = file.environment_from(|name| (name == variable).then(|| "ci".to_owned()));
        settings.set("pool", "host", "flag", Origin::Flag("--host")).build().unwrap().table::<PoolSettings>()
    };
    for (text, variable) in [("[pool]\nhosts = ['b']", ""), ("", "CI_HOST")] {
        let pool = pool(text, variable).unwrap();
        assert_eq!((pool.host.as_deref(), pool.hosts), (Some("flag"), None));
    }
    let ambient = Settings::builder().toml(Path::new("a.toml"), "[pool]\nhosts = ['b']").unwrap();
    let ambient = ambient.environment_from(|name| (name == "CI_HOST").then(|| "ci".to_owned()));
    assert_eq!(ambient.build().unwrap().table::<PoolSettings>().unwrap().host, None);
}

#[test]
fn the_error_about_a_nested_value_names_its_own_line() {
    let limits = "[pool.limits.'a.b']\npages = 1\n[pool.limits.'c.d']\npages = ";
    assert_eq!(
        refusal(&format!("{limits}-1")),
        "system-health.toml:4:1: `pages` in [pool.limits.\"c.d\"]: integer `-1` is not a whole number from 0 to 255"
    );
    assert_eq!(
        refusal(&format!("{limits}0")),
        "system-health.toml:4:1: `pages` in [pool.limits.\"c.d\"]: a limit must be at least 1"
    );
    assert_eq!(
        refusal("[pool]\nhosts = [\n'a',\n2,\n]"),
        "system-health.toml:4:1: `hosts[1]` in [pool]: invalid type: integer `2`, expected a string"
    );
}
