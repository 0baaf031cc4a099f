//! Settings: tables that crates declare, combined from several layers.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde::Deserialize;
use system_health_registry::{
    Context, Settings, Unavailable,
    settings::{Origin, SettingsBuilder, SettingsError},
    settings_table, system_health_metric,
};

/// A table as another crate would declare it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
struct QueueSettings {
    broker: String,
    patterns: Vec<String>,
    window: Duration,
    limits: Limits,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
struct Limits {
    messages: u32,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            broker: "localhost".into(),
            patterns: vec!["*".into()],
            window: Duration::from_mins(1),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { messages: 1000 }
    }
}

settings_table!(
    QueueSettings, "queue",
    env: { "broker" => "QUEUE_BROKER", "window" => "QUEUE_WINDOW" },
    ambient: { "broker" => "CI_BROKER" },
);

/// A table whose keys the user chooses.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Labels(BTreeMap<String, String>);

settings_table!(Labels, "labels");

/// Length of the broker's name.
#[system_health_metric(key = "queue.broker_name_length")]
fn broker_name_length(settings: QueueSettings) -> usize {
    settings.broker.len()
}

fn file(text: &str) -> SettingsBuilder {
    Settings::builder().toml(Path::new("system-health.toml"), text).unwrap()
}

fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |name| variables.get(name).cloned()
}

fn queue(builder: SettingsBuilder) -> QueueSettings {
    builder.build().unwrap().table().unwrap()
}

#[test]
fn a_table_that_is_missing_in_the_file_has_its_defaults() {
    assert_eq!(queue(Settings::builder()), QueueSettings::default());
    assert_eq!(queue(file("[labels]\n")), QueueSettings::default());
}

#[test]
fn a_key_in_the_file_replaces_only_its_own_default() {
    let settings = queue(file("[queue]\npatterns = [\"mail\", \"print\"]\nwindow = \"1h 30m\"\n"));

    let patterns = vec!["mail".to_owned(), "print".to_owned()];
    let expected = QueueSettings { patterns, window: Duration::from_mins(90), ..QueueSettings::default() };
    assert_eq!(settings, expected);
}

#[test]
fn nested_tables_are_parsed() {
    assert_eq!(queue(file("[queue.limits]\nmessages = 5\n")).limits, Limits { messages: 5 });
    assert_eq!(queue(file("queue.limits.messages = 5\n")).limits, Limits { messages: 5 });
}

#[test]
fn a_table_may_take_any_key() {
    let settings = file("[labels]\nteam = \"platform\"\n").build().unwrap();

    let expected = Labels(BTreeMap::from([("team".to_owned(), "platform".to_owned())]));
    assert_eq!(settings.table::<Labels>().unwrap(), expected);
}

#[test]
fn the_environment_overrides_the_file_and_flags_override_both() {
    let file = || file("[queue]\nbroker = \"file\"\nwindow = \"1m\"\n");
    let environment = environment(&[("QUEUE_BROKER", " environment\n"), ("QUEUE_WINDOW", "2m")]);

    let with_environment = file().environment_from(&environment);
    let with_flag =
        file().environment_from(&environment).set("queue", "broker", "flag", Origin::Flag("--broker"));

    assert_eq!(queue(file()).broker, "file");
    assert_eq!(queue(with_environment).broker, "environment");
    let with_flag = queue(with_flag);
    assert_eq!((with_flag.broker.as_str(), with_flag.window), ("flag", Duration::from_mins(2)));
}

#[test]
fn an_ambient_variable_is_used_only_if_nothing_else_sets_the_key() {
    let (empty, file) = (Settings::builder, || file("[queue]\nbroker = \"file\"\n"));
    let ambient = environment(&[("CI_BROKER", "ambient")]);
    let both_variables = environment(&[("CI_BROKER", "ambient"), ("QUEUE_BROKER", "environment")]);
    let flag = |builder: SettingsBuilder| builder.set("queue", "broker", "flag", Origin::Flag("--broker"));

    for (settings, broker, origin) in [
        (empty().environment_from(&ambient), "ambient", "environment variable CI_BROKER"),
        (file().environment_from(&ambient), "file", "system-health.toml:2:1"),
        (file().environment_from(&both_variables), "environment", "environment variable QUEUE_BROKER"),
        (empty().environment_from(&both_variables), "environment", "environment variable QUEUE_BROKER"),
        (flag(empty().environment_from(&ambient)), "flag", "flag --broker"),
    ] {
        let settings = settings.build().unwrap();
        assert_eq!(settings.table::<QueueSettings>().unwrap().broker, broker);
        assert_eq!(settings.origin::<QueueSettings>("broker").unwrap().to_string(), origin);
    }
    assert_eq!(empty().build().unwrap().origin::<QueueSettings>("broker"), None);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let settings =
        file("[queue]\nbroker = \"file\"\n").environment_from(environment(&[("QUEUE_BROKER", " ")]));

    assert_eq!(queue(settings).broker, "file");
}

#[test]
fn a_file_is_read_from_disk() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("settings-from-disk.toml");
    std::fs::write(&path, "[queue]\nbroker = \"disk\"\n").unwrap();

    let settings = Settings::builder().file(&path).unwrap();

    assert_eq!(queue(settings).broker, "disk");
}

#[test]
fn the_error_names_a_file_that_cannot_be_read() {
    let error = Settings::builder().file(Path::new("no/such/file.toml")).unwrap_err();

    assert_eq!(error.to_string(), "cannot read the settings file no/such/file.toml");
    assert!(
        matches!(error, SettingsError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    );
}

#[tokio::test]
async fn a_table_is_a_resource() {
    let settings = file("[queue]\nbroker = \"file\"\n").build().unwrap();

    let provided = Context::new().provide(settings).get::<QueueSettings>().await.unwrap();
    let default = Context::new().get::<QueueSettings>().await.unwrap();

    assert_eq!(provided.broker, "file");
    assert_eq!(default, QueueSettings::default());
    assert_eq!(broker_name_length(default), 9);
}

#[tokio::test]
async fn an_unlinked_table_without_defaults_is_an_error_of_the_resource() {
    let context = Context::new().provide(Settings::default());
    assert!(context.get::<Labels>().await.is_ok());

    // The table is not linked, so building the settings does not check it.
    let strict = context.get::<Strict>().await;

    assert!(matches!(strict, Err(Unavailable::Error(error))
        if error.to_string() == "the settings table [strict] has no default for `token_name`; its struct needs `#[serde(default)]`, or the field must be an `Option`"));
}

/// A table with a key that has no default. It is not linked.
#[derive(Debug, Clone, Deserialize)]
struct Strict {
    #[expect(dead_code, reason = "the test only needs the missing default")]
    token_name: String,
}

impl system_health_registry::settings::SettingsTable for Strict {
    const NAME: &'static str = "strict";
    const ENV: &'static [(&'static str, &'static str)] = &[];
}

impl system_health_registry::FromContext for Strict {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        Ok(context.get::<Settings>().await?.table::<Self>()?)
    }
}
