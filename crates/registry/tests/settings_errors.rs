//! Errors in settings name the place and say what would be right.

use std::{collections::BTreeMap, path::Path, time::Duration};

use insta::assert_snapshot;
use serde::Deserialize;
use system_health_registry::{Settings, SharedError, settings::Origin, settings_table};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct CommitSettings {
    window: Duration,
    hotfix_patterns: Vec<String>,
    source: Source,
    limits: Limits,
    rules: BTreeMap<String, Vec<Rule>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Limits {
    pages: u8,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Rule {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "weight", default)]
    _weight: u8,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    #[default]
    Auto,
    GitHub,
    Local,
}

settings_table!(CommitSettings, "commits", env: { "source" => "COMMITS_SOURCE", "window" => "COMMITS_WINDOW" });

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct CiSettings {
    #[serde(rename = "workflow")]
    _workflow: String,
}

settings_table!(CiSettings, "ci");

/// The message for the text of a file.
fn refusal(text: &str) -> String {
    let builder = Settings::builder().toml(Path::new("system-health.toml"), text);
    let error =
        builder.and_then(|builder| builder.build().map(|_| ())).expect_err("the settings are refused");
    SharedError::new(error).to_string()
}

/// The message for a key of `[commits]` that a variable or a flag sets.
fn refusal_of_key(key: &str, value: &str, origin: Origin) -> String {
    Settings::builder()
        .set("commits", key, value, origin)
        .build()
        .expect_err("the setting is refused")
        .to_string()
}

#[test]
fn valid_settings_are_accepted() {
    let text = "[commits]\nwindow = \"7d\"\nhotfix-patterns = []\nsource = \"local\"\nlimits.pages = 3\n[ci]\nworkflow = \"w\"\n";

    let settings = Settings::builder().toml(Path::new("system-health.toml"), text).unwrap().build().unwrap();

    let commits: CommitSettings = settings.table().unwrap();
    assert_eq!((commits.window, commits.limits.pages), (Duration::from_hours(7 * 24), 3));
    assert!(commits.hotfix_patterns.is_empty() && matches!(commits.source, Source::Local));
}

#[test]
fn the_most_similar_table_is_suggested() {
    assert_snapshot!(refusal("[xyzzy]\n"), @"system-health.toml:1:2: there is no table [xyzzy]; there are `ci`, `commits`, `metrics`");
    assert_snapshot!(refusal("[ci]\n\n[comits]\nwindow = \"7d\"\n"), @"system-health.toml:3:2: there is no table [comits]; did you mean `commits`? (others: `ci`, `metrics`)");
}

#[test]
fn a_key_outside_of_any_table_is_refused() {
    assert_snapshot!(refusal("commits = \"many\"\n"), @"system-health.toml:1:1: `commits` must be a table, written [commits]");
    assert_snapshot!(refusal("[[commits]]\n"), @"system-health.toml:1:3: `commits` must be a table, written [commits]");
    assert_snapshot!(refusal("window = \"7d\"\n"), @"system-health.toml:1:1: `window` is outside of any table; write it below one of [ci], [commits], [metrics]");
}

#[test]
fn the_most_similar_key_is_suggested() {
    assert_snapshot!(refusal("[commits]\nwindow = \"7d\"\nhotfix_patterns = []\n"), @"system-health.toml:3:1: there is no key `hotfix_patterns` in [commits]; did you mean `hotfix-patterns`? (others: `source`, `limits`, `window`, `rules`)");
    assert_snapshot!(refusal("[ci]\n\nWorkflow = \"checks.yml\"\n"), @"system-health.toml:3:1: there is no key `Workflow` in [ci]; did you mean `workflow`?");
    assert_snapshot!(refusal("[ci]\nwrkflow = 'a'\n"), @"system-health.toml:2:1: there is no key `wrkflow` in [ci]; did you mean `workflow`?");
}

#[test]
fn unknown_keys_are_refused_at_every_depth() {
    assert_snapshot!(refusal("[commits.limits]\npage = 1\n"), @"system-health.toml:2:1: there is no key `page` in [commits.limits]; did you mean `pages`?");
    assert_snapshot!(refusal("[commits]\nlimits = { pages = 1, 'é' = 2, page = 3 }\n"), @"system-health.toml:2:32: there is no key `page` in [commits.limits]; did you mean `pages`?");
    assert_snapshot!(refusal("[[commits.rules.main]]\nname = 'a'\n[[commits.rules.main]]\nname = 'b'\n  wieght = 1\n"), @"system-health.toml:5:3: there is no key `wieght` in [commits.rules.main[1]]; did you mean `weight`? (others: `name`)");
    assert_snapshot!(refusal("[[commits.rules.'release/1.x']]\nnam = 'a'\n"), @r#"system-health.toml:2:1: there is no key `nam` in [commits.rules."release/1.x"[0]]; did you mean `name`? (others: `weight`)"#);
    assert_snapshot!(refusal("[[commits.rules.main]]\nweight = 1\n"), @"system-health.toml:1:1: `main[0]` in [commits.rules]: the key `name` is missing");
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    assert_snapshot!(refusal("[commits]\n\nwindow = 7\n"), @"system-health.toml:3:1: `window` in [commits]: invalid type: integer `7`, expected a text with a unit, such as \"30s\" or \"7d\"");
    assert_snapshot!(refusal("[commits]\nwindow = \"soon\"\n"), @r#"system-health.toml:2:1: `window` in [commits]: `soon` is not a duration; write a duration such as "30s", "15m" or "7d""#);
    assert_snapshot!(refusal("[commits]\nwindow = \"5M\"\n"), @"system-health.toml:2:1: `window` in [commits]: `5M` has the unit `M`; for minutes, write `5m`");
    assert_snapshot!(refusal("[commits]\nsource = \"gitlab\"\n"), @"system-health.toml:2:1: `source` in [commits]: unknown variant `gitlab`, expected one of `auto`, `github`, `local`");
    assert_snapshot!(refusal("[commits]\nhotfix-patterns = [\"a\", 5]\n"), @"system-health.toml:2:25: `hotfix-patterns[1]` in [commits]: invalid type: integer `5`, expected a string");
    assert_snapshot!(refusal("[commits]\n[commits.limits]\npages = 300\n"), @"system-health.toml:3:1: `pages` in [commits.limits]: integer `300` is not a whole number from 0 to 255");
    assert_snapshot!(refusal("[commits]\n[commits.limits]\npages = \"many\"\n"), @r#"system-health.toml:3:1: `pages` in [commits.limits]: string "many" is not a whole number from 0 to 255"#);
}

#[test]
fn errors_name_variables_and_flags() {
    assert_snapshot!(refusal_of_key("window", "soon", Origin::Environment("COMMITS_WINDOW")), @r#"environment variable COMMITS_WINDOW: `window` in [commits]: `soon` is not a duration; write a duration such as "30s", "15m" or "7d""#);
    assert_snapshot!(refusal_of_key("windows", "7d", Origin::Flag("--window")), @"flag --window: there is no key `windows` in [commits]; did you mean `window`? (others: `limits`, `rules`, `hotfix-patterns`, `source`)");
    let environment =
        Settings::builder().environment_from(|name| (name == "COMMITS_SOURCE").then(|| "svn".to_owned()));
    assert_snapshot!(environment.build().unwrap_err(), @"environment variable COMMITS_SOURCE: `source` in [commits]: unknown variant `svn`, expected one of `auto`, `github`, `local`");
}

#[test]
fn a_syntax_error_names_the_line_but_does_not_show_it() {
    assert_snapshot!(refusal("[ci]\nworkflow = \"hunter2\n"), @r#"system-health.toml:2:20: the settings file is not valid TOML: invalid basic string, expected `"`"#);
    assert_snapshot!(refusal("[ci]\nworkflow = hunter2\n"), @"system-health.toml:2:12: the settings file is not valid TOML: string values must be quoted, expected literal string");
    assert_snapshot!(refusal("[ci]\nworkflow \"hunter2\"\n"), @"system-health.toml:2:10: the settings file is not valid TOML: key with no value, expected `=`");
    assert_snapshot!(refusal("[ci\n"), @"system-health.toml:1:4: the settings file is not valid TOML: unclosed table, expected `]`");
    assert_snapshot!(refusal("[ci]\nworkflow = \"a\"\nworkflow = \"hunter2\"\n"), @"system-health.toml:3:1: the settings file is not valid TOML: duplicate key");
    assert_snapshot!(refusal("[ci]\n[commits]\n[ci]\n"), @"system-health.toml:3:2: the settings file is not valid TOML: duplicate key");
}
