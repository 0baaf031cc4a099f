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
async fn an_error_says_where_a_wrong_pattern_in_the_settings_is() {
    for (settings, message) in [
        (
            "[report]\nskip = ['ci.*', 'comits.*']",
            "a.toml:2:17: `skip[1]` in [report]: `comits.*` matches no metric; did you mean `commits.*`?",
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
async fn entries_for_metrics_of_other_programs_are_ignored_in_a_shared_file() {
    let text = "[report]\nskip = ['shop.*', 'ci.runs']\n[metrics]\nenable = ['shop.late']\n\
                [metrics.windows]\n'shop.*' = '30d'\n\
                [goals]\n'shop.late' = '< 5'\n\
                [goals.'shop.ok']\ngoal = 'shop.late / ci.runs < 1'\n[another_program]\nkey = 1\n";
    let build = |settings: Settings| {
        let catalog = Catalog::new(KEYS.map(|key| metric(Facts::new(key, "For a test."), 1.0))).unwrap();
        Reporter::builder(settings).catalog(catalog).without_state().build()
    };
    let file = Path::new("a.toml");

    let shared = Settings::builder().shared().toml(file, text).unwrap().build().unwrap();
    let finished = build(shared).unwrap().collect().await.unwrap();

    let keys: Vec<_> = finished.report.run().outcomes().iter().map(|outcome| outcome.metric.key()).collect();
    assert_eq!(keys, ["ci.errors", "commits.hotfix"]);
    assert_eq!(finished.report.goals().len(), 0);
    // A wrong key is refused in a shared file, too. In a file that is not shared, each of these entries is refused.
    let typo = Settings::builder().shared().toml(file, "[report]\nskpi = ['ci.runs']\n").unwrap().build();
    assert!(typo.unwrap_err().to_string().contains("there is no key `skpi`"));
    for entry in [
        "[report]\nskip = ['shop.*']",
        "[metrics]\nenable = ['shop.late']",
        "[metrics.windows]\n'shop.*' = '30d'",
        "[goals]\n'shop.late' = '< 5'",
        "[goals.'shop.ok']\ngoal = 'shop.late / ci.runs < 1'",
    ] {
        let settings = Settings::builder().toml(file, entry).unwrap().build().unwrap();
        assert!(build(settings).is_err(), "{entry}");
    }
}

#[test]
fn the_refusal_of_a_long_slot_names_its_place_in_the_settings() {
    let text = "[report]\nalign = '2h'";
    let hour = std::time::Duration::from_hours(1);

    assert_eq!(
        refusal(|builder| builder, text),
        "a.toml:2:1: `align` in [report]: the slot is 2h long; it may be at most 30m, because some backends refuse \
         points that are older than an hour"
    );
    assert!(refusal(|builder| builder.align(hour), text).starts_with("the slot is 1h long;"));
}

#[tokio::test]
async fn the_reporters_own_metrics_can_be_selected() {
    let backend = Backend::new("memory");
    let only_self_metrics = |builder: ReporterBuilder| builder.only(["system_health.*"]);
    let reporter = only_self_metrics(builder("", &backend)).build().unwrap();

    reporter.push().await.unwrap();
    let refused = reporter.run(Mode::Collect).await.unwrap_err();

    assert_eq!(backend.stored(), []);
    assert_eq!(backend.about_reporter("run_duration_seconds").len(), 1);
    assert_eq!(
        refused.to_string(),
        "the selected metrics are about the reporter itself; only a run that delivers has values for them"
    );
    assert_eq!(
        refusal(|builder| only_self_metrics(builder).without_self_metrics(), ""),
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
    assert!(
        !backend.about_reporter("metrics").is_empty(),
        "a pattern for other metrics keeps all self-metrics"
    );
}
