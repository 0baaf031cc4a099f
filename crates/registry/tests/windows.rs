//! The window of a metric: the time over which it is measured.

use std::{path::Path, time::Duration};

use insta::assert_snapshot;
use system_health_registry::{
    Catalog, Context, Engine, FromContext, Scope, Settings, SharedError, Unavailable, Window, Windows,
    settings::SettingsError, system_health_metric,
};

/// A resource that several metrics share.
#[derive(Debug, Clone)]
struct Deploys(Window);

impl FromContext for Deploys {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(context.get::<Windows>().await?.longest(&["deploys.*"])))
    }
}

/// The window of this metric, in hours.
#[system_health_metric(key = "deploys.recent", unit = "hour")]
fn recent(window: Window) -> u64 {
    hours(&window)
}

/// The window of another metric, in hours.
#[system_health_metric(key = "deploys.failed", unit = "hour")]
fn failed(window: Window) -> u64 {
    hours(&window)
}

/// How far back the shared resource reads.
#[system_health_metric(key = "shared.read", unit = "hour")]
fn read(deploys: Deploys) -> u64 {
    hours(&deploys.0)
}

/// A resource of the run that asks for the window of one metric, which is an error.
#[derive(Debug, Clone)]
struct SharedWindow;

impl FromContext for SharedWindow {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Window>().await?;
        Ok(Self)
    }
}

/// Asks for the shared window.
#[system_health_metric(key = "wrong.window")]
fn wrong_window(_shared: SharedWindow) -> u64 {
    0
}

/// Needs [`Egg`], which needs this resource. Both belong to one metric.
#[derive(Debug, Clone)]
struct Chicken;

#[derive(Debug, Clone)]
struct Egg;

impl FromContext for Chicken {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        context.get::<Egg>().await?;
        Ok(Self)
    }
}

impl FromContext for Egg {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        // Boxed, because each of the two futures would contain the other.
        Box::pin(context.get::<Chicken>()).await?;
        Ok(Self)
    }
}

/// Asks for one of the two resources.
#[system_health_metric(key = "wrong.cycle")]
fn cycle(_chicken: Chicken) -> u64 {
    0
}

fn hours(window: &Window) -> u64 {
    window.duration().as_secs() / 3600
}

fn settings(toml: &str) -> Result<Settings, SettingsError> {
    Settings::builder().toml(Path::new("a.toml"), toml)?.build()
}

/// The values or errors of `shared.read` and of the metrics whose keys start with a prefix.
async fn outcomes(prefix: &'static str, toml: &str) -> Vec<String> {
    let catalog =
        Catalog::linked().unwrap().filter(move |key| key.starts_with(prefix) || key == "shared.read");
    let context = Context::new().provide(settings(toml).unwrap());
    let run = Engine::new().run(&catalog, &context).await;
    let text = |outcome: &system_health_registry::Outcome| {
        let value = match &outcome.result {
            Ok(reading) => reading.samples()[0].value().to_string(),
            Err(Unavailable::Error(error)) => error.to_string(),
            Err(no_data) => panic!("{no_data:?}"),
        };
        format!("{} {value}", outcome.metric.key())
    };
    run.outcomes().iter().map(text).collect()
}

#[tokio::test]
async fn every_metric_has_the_window_of_its_longest_pattern() {
    assert_eq!(
        outcomes("deploys.", "").await,
        ["deploys.failed 168", "deploys.recent 168", "shared.read 168"]
    );
    let toml = "[metrics]\nwindow = '1d'\n[metrics.windows]\n'*' = '3h'\n'deploys.*' = '2h'\n'deploys.failed' = '4h'";
    assert_eq!(outcomes("deploys.", toml).await, ["deploys.failed 4", "deploys.recent 2", "shared.read 4"]);
    let without_failed = outcomes("deploys.recent", toml).await;
    assert_eq!(without_failed, ["deploys.recent 2", "shared.read 2"]);
}

#[tokio::test]
async fn a_context_without_a_metric_has_the_window_of_the_settings() {
    let context = Context::new().provide(settings("[metrics]\nwindow = '36h'").unwrap());
    let window: Window = context.get().await.unwrap();
    assert_eq!((hours(&window), window.end()), (36, context.started_at()));
}

#[tokio::test]
async fn a_test_can_provide_a_window() {
    let provided = Window::ending_at(std::time::SystemTime::UNIX_EPOCH, Duration::ZERO);
    let window: Window = Context::new().provide(provided).get().await.unwrap();
    assert_eq!(window, provided);
}

#[test]
fn no_time_is_in_both_of_two_adjacent_windows() {
    let hour = |hours| std::time::SystemTime::UNIX_EPOCH + Duration::from_hours(hours);
    let (earlier, later) = (
        Window::ending_at(hour(1), Duration::from_hours(1)),
        Window::ending_at(hour(2), Duration::from_hours(1)),
    );
    for (time, expected) in [(hour(0), (false, false)), (hour(1), (true, false)), (hour(2), (false, true))] {
        assert_eq!((earlier.contains(time), later.contains(time)), expected);
    }
}

#[tokio::test]
async fn resources_with_invalid_dependencies_are_refused() {
    let [_, cycle, window] = &outcomes("wrong.", "").await[..] else { panic!() };
    assert_snapshot!(window, @"wrong.window `SharedWindow` is built once a run and asks for `Window`, which is built for each metric; give `SharedWindow` the scope `Scope::Metric`");
    assert_snapshot!(cycle, @"wrong.cycle resources depend on each other in a cycle: Egg → Chicken → Egg");
}

#[test]
fn invalid_settings_are_refused_at_their_line() {
    let refused = |toml: &str| SharedError::new(settings(toml).unwrap_err()).to_string();
    assert_snapshot!(refused("[metrics]\nwindow = 'soon'"), @r#"a.toml:2:1: `window` in [metrics]: `soon` is not a duration; write a duration such as "30s", "15m" or "7d""#);
    assert_snapshot!(refused("[metrics.windows]\n'a.*' = '1d'\n'[' = '1d'"), @r#"a.toml:3:1: `"["` in [metrics.windows]: this is not a pattern for keys (unclosed character class; missing ']'); write a key or a glob, such as "commits.*""#);
    assert_snapshot!(refused("[metrics.windows]\n'a.*' = 'soon'"), @r#"a.toml:2:1: `"a.*"` in [metrics.windows]: `soon` is not a duration; write a duration such as "30s", "15m" or "7d""#);
    assert_snapshot!(refused("[metrics]\nenable = ['[']"), @r#"a.toml:2:11: `enable[0]` in [metrics]: this is not a pattern for keys (unclosed character class; missing ']'); write a key or a glob, such as "commits.*""#);
}
