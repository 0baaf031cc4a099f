//! The selection of the metrics that a run collects and delivers.

use std::path::Path;

use system_health_registry::{Catalog, Facts, Settings, SharedError};
use system_health_reporter::{Mode, Reporter, ReporterBuilder};

use crate::backend::{Backend, metric};

const KEYS: [&str; 3] = ["ci.errors", "ci.runs", "commits.hotfix"];

fn builder(settings: &str, backend: &Backend) -> ReporterBuilder {
    let settings = Settings::builder().toml(Path::new("a.toml"), settings).unwrap().build().unwrap();
    let enabled = KEYS.map(|key| Facts::new(key, "For a test."));
    let disabled = ["prs.merged", "prs.open"].map(|key| Facts::new(key, "For a test.").disabled());
    let catalog = enabled.into_iter().chain(disabled).map(|facts| metric(facts, 1.0));
    let catalog = Catalog::new(catalog).unwrap();
    Reporter::builder(settings).catalog(catalog).without_state().program("test").destination(backend.clone())
}

/// The keys that a push delivers, except those about the reporter.
async fn delivered(build: impl FnOnce(ReporterBuilder) -> ReporterBuilder, settings: &str) -> Vec<String> {
    let backend = Backend::new("memory");
    build(builder(settings, &backend)).build().unwrap().push().await.unwrap();
    backend.stored().into_iter().map(|(key, _)| key).collect()
}

fn refusal(build: impl FnOnce(ReporterBuilder) -> ReporterBuilder, settings: &str) -> String {
    SharedError::new(build(builder(settings, &Backend::new("memory"))).build().unwrap_err()).to_string()
}

#[tokio::test]
async fn settings_and_program_can_both_skip_metrics() {
    let settings = "[report]\nskip = ['ci.e*']";

    assert_eq!(delivered(|builder| builder, settings).await, ["ci.runs", "commits.hotfix"]);
    assert_eq!(delivered(|builder| builder.skip(["ci.runs"]), settings).await, ["commits.hotfix"]);
    assert_eq!(delivered(|builder| builder.only(["ci.*"]), settings).await, ["ci.runs"]);
}

#[tokio::test]
async fn a_disabled_metric_is_collected_only_if_it_is_named() {
    let enable = "[metrics]\nenable = ['prs.m*']";

    assert_eq!(delivered(|builder| builder, "").await, KEYS);
    assert_eq!(delivered(|builder| builder, enable).await, [&KEYS[..], &["prs.merged"]].concat());
    assert_eq!(delivered(|builder| builder.skip(["prs.*"]), enable).await, KEYS);
    assert_eq!(delivered(|builder| builder.only(["prs.*"]), "").await, ["prs.merged", "prs.open"]);
}

#[tokio::test]
async fn an_invalid_pattern_in_the_settings_is_refused_with_its_place() {
    for (settings, message) in [
        (
            "[report]\nskip = ['ci.*', 'comits.*']",
            "a.toml:2:17: `skip[1]` in [report]: `comits.*` matches no metric; did you mean `commits.hotfix`?",
        ),
        (
            "[metrics]\nenable = ['prs.*', 'issues.*']",
            "a.toml:2:20: `enable[1]` in [metrics]: `issues.*` matches no metric",
        ),
        (
            "[metrics.windows]\n'prs.*' = '30d'\n'pr.*' = '30d'",
            "a.toml:3:1: `\"pr.*\"` in [metrics.windows]: `pr.*` matches no metric",
        ),
    ] {
        let refusal = refusal(|builder| builder, settings);
        assert!(refusal.starts_with(message), "{refusal}");
    }
    let text = "[report]\nskip = ['[']";
    let invalid = Settings::builder().toml(Path::new("a.toml"), text).unwrap().build().unwrap_err();
    assert_eq!(
        invalid.to_string(),
        "a.toml:2:9: `skip[0]` in [report]: this is not a pattern for keys (unclosed character class; missing ']'); \
         write a key or a glob, such as \"commits.*\""
    );
    assert_eq!(
        refusal(|builder| builder.only(["["]), ""),
        "`[`: this is not a pattern for keys (unclosed character class; missing ']'); write a key or a glob, such as \
         \"commits.*\""
    );
    assert_eq!(
        refusal(|builder| builder.only(["ci.*"]), "[report]\nskip = ['ci.*']"),
        "the selection leaves no metric to collect"
    );
}

#[tokio::test]
async fn the_reporters_own_metrics_can_be_selected() {
    let backend = Backend::new("memory");
    let all = |builder: ReporterBuilder| builder.only(["system_health.*"]);
    let reporter = all(builder("", &backend)).build().unwrap();

    reporter.push().await.unwrap();
    let collected = reporter.run(Mode::Collect).await.unwrap_err();

    assert_eq!(backend.stored(), []);
    assert_eq!(backend.about_reporter("run_duration_seconds").len(), 1);
    assert_eq!(
        collected.to_string(),
        "the selected metrics are about the reporter itself; only a run that delivers has values for them"
    );
    assert_eq!(
        refusal(|builder| all(builder).without_self_metrics(), ""),
        "the selection leaves no metric to collect"
    );
}

#[tokio::test]
async fn the_reporters_own_metrics_can_be_selected_together_with_others() {
    let backend = Backend::new("memory");
    let some = ["ci.runs", "*.run_duration_seconds"];

    builder("", &backend).only(some).build().unwrap().push().await.unwrap();
    assert_eq!(backend.stored(), [("ci.runs".to_owned(), 1.0)]);
    assert_eq!(backend.about_reporter("run_duration_seconds").len(), 1);
    assert_eq!(backend.about_reporter("metrics").len(), 0);

    builder("", &backend).only(["ci.runs"]).build().unwrap().push().await.unwrap();
    assert!(!backend.about_reporter("metrics").is_empty(), "a pattern for other metrics keeps them all");
}
