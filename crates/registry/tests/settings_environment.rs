//! The text of environment variables is parsed as the type of the key.

use std::{collections::BTreeMap, num::NonZero, path::Path, time::Duration};

use serde::Deserialize;
use system_health_registry::{Settings, settings::SettingsError, settings_table};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct WorkerSettings {
    threads: Option<NonZero<usize>>,
    offset: i16,
    ratio: f64,
    enabled: bool,
    queues: Vec<String>,
    ports: Vec<u16>,
    level: Level,
    pause: Option<Duration>,
    delay: Duration,
    pauses: Vec<Duration>,
    limits: BTreeMap<String, u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    #[default]
    Low,
    VeryHigh,
}

settings_table!(WorkerSettings, "worker", env: {
    "threads" => "W_THREADS",
    "offset" => "W_OFFSET",
    "ratio" => "W_RATIO",
    "enabled" => "W_ENABLED",
    "queues" => "W_QUEUES",
    "ports" => "W_PORTS",
    "level" => "W_LEVEL",
    "pause" => "W_PAUSE",
    "delay" => "W_DELAY",
    "pauses" => "W_PAUSES",
    "limits" => "W_LIMITS",
});

fn from_environment(variables: &[(&str, &str)]) -> Result<WorkerSettings, SettingsError> {
    let get = |name: &str| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    };
    Settings::builder().environment_from(get).build()?.table()
}

#[test]
fn a_variable_is_parsed_as_the_type_of_its_key() {
    let settings = from_environment(&[
        ("W_THREADS", "4"),
        ("W_OFFSET", "-12"),
        ("W_RATIO", "0.5"),
        ("W_ENABLED", "True"),
        ("W_QUEUES", "mail, print,"),
        ("W_PORTS", "80,443"),
        ("W_LEVEL", "very-high"),
        ("W_PAUSE", "5m"),
        ("W_DELAY", "90s"),
        ("W_PAUSES", "1s,2m"),
    ]);

    let expected = WorkerSettings {
        threads: NonZero::new(4),
        offset: -12,
        ratio: 0.5,
        enabled: true,
        queues: vec!["mail".to_owned(), "print".to_owned()],
        ports: vec![80, 443],
        level: Level::VeryHigh,
        pause: Some(Duration::from_mins(5)),
        delay: Duration::from_secs(90),
        pauses: vec![Duration::from_secs(1), Duration::from_mins(2)],
        limits: BTreeMap::new(),
    };
    assert_eq!(settings.unwrap(), expected);
}

#[test]
fn numbers_in_a_list_of_texts_stay_texts() {
    let settings = from_environment(&[("W_QUEUES", "1,true")]).unwrap();

    assert_eq!(settings.queues, ["1", "true"]);
}

#[test]
fn the_error_about_an_invalid_value_names_the_variable() {
    for (variable, value, message) in [
        ("W_THREADS", "many", "`threads` in [worker]: string \"many\" is not a whole number of at least 1"),
        ("W_THREADS", "0", "`threads` in [worker]: integer `0` is not a whole number of at least 1"),
        (
            "W_OFFSET",
            "40000",
            "`offset` in [worker]: integer `40000` is not a whole number from -32768 to 32767",
        ),
        ("W_RATIO", "half", "`ratio` in [worker]: string \"half\" is not a number"),
        ("W_RATIO", "NaN", "`ratio` in [worker]: string \"NaN\" is not a finite number"),
        ("W_RATIO", "-inf", "`ratio` in [worker]: string \"-inf\" is not a finite number"),
        ("W_ENABLED", "on", "`enabled` in [worker]: string \"on\" is not `true` or `false`"),
        (
            "W_PORTS",
            "80,many",
            "`ports[1]` in [worker]: string \"many\" is not a whole number from 0 to 65535",
        ),
        (
            "W_PORTS",
            "80,ghp_0123456789abcdef",
            "`ports[1]` in [worker]: string \"...\" is not a whole number from 0 to 65535",
        ),
        ("W_LEVEL", "high", "`level` in [worker]: unknown variant `high`, expected `low` or `very-high`"),
        (
            "W_PAUSE",
            "5",
            "`pause` in [worker]: `5` is not a duration; write a duration such as \"30s\", \"15m\" or \"7d\"",
        ),
        ("W_DELAY", "0s", "`delay` in [worker]: a duration must be longer than zero"),
        ("W_LIMITS", "5", "`limits` in [worker]: invalid type: string \"5\", expected a map"),
    ] {
        let error = from_environment(&[(variable, value)]).unwrap_err();
        assert_eq!(error.to_string(), format!("environment variable {variable}: {message}"));
    }
}

#[test]
fn a_number_in_a_file_must_be_finite() {
    let file = Settings::builder().toml(Path::new("a.toml"), "[worker]\nratio = nan\n").unwrap();

    let error = file.build().unwrap_err().to_string();

    assert_eq!(error, "a.toml:2:1: `ratio` in [worker]: floating point `NaN` is not a finite number");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_refused_without_showing_it() {
    use std::{env, ffi::OsStr, os::unix::ffi::OsStrExt, process::Command};

    // To change its own environment, the test would need unsafe code. So it starts itself again with the variable.
    if env::var_os("W_QUEUES").is_none() {
        let test_name = "a_variable_that_is_not_unicode_is_refused_without_showing_it";
        let mut test = Command::new(env::current_exe().unwrap());
        test.args(["--exact", test_name, "--nocapture"]).env("W_QUEUES", OsStr::from_bytes(b"mail,\xff"));
        assert!(test.status().unwrap().success());
        return;
    }

    let error = Settings::builder().environment().build().unwrap_err();

    assert_eq!(
        error.to_string(),
        "the environment variable W_QUEUES is not valid Unicode; set it to a text, or unset it"
    );
    assert!(!format!("{error:?}").contains("mail"), "{error:?}");
}
