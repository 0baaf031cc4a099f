//! Goals of two metrics: their settings, and the runs that judge them.

use std::path::Path;

use system_health_registry::{
    Alias, Catalog, Facts, Kind, Metric, Settings, SharedError, Source, Unavailable, location,
    settings::SettingsBuilder,
};
use system_health_reporter::{Reporter, ReporterBuilder};

use crate::backend::metric;

fn metrics() -> Vec<Metric> {
    let count = Kind::Count { interval: std::time::Duration::from_mins(15) };
    let former = Alias::new("ci.old", std::time::Duration::from_hours(24) * 40_000);
    let facts = [
        Facts::new("ci.errors", "For a test."),
        Facts::new("ci.runs", "For a test.").with_kind(count),
        Facts::new("ci.time", "For a test.").with_unit("second").with_alias(former),
    ];
    facts.into_iter().zip([1.0, 4.0, 60.0]).map(|(facts, value)| metric(facts, value)).collect()
}

fn builder(catalog: Catalog, settings: &str) -> Result<ReporterBuilder, String> {
    let settings = Settings::builder().toml(Path::new("a.toml"), settings).and_then(SettingsBuilder::build);
    Ok(Reporter::builder(settings.map_err(|error| error.to_string())?).catalog(catalog).without_state())
}

fn refusal(settings: &str) -> String {
    let build =
        |builder: ReporterBuilder| builder.build().map_err(|error| SharedError::new(error).to_string());
    builder(Catalog::new(metrics()).unwrap(), settings).and_then(build).unwrap_err()
}

/// The names of the goals that a run judges, with the states of their results.
async fn judged(builder: ReporterBuilder) -> Vec<(String, &'static str)> {
    let finished = builder.build().unwrap().collect().await.unwrap();
    let goals = finished.report.goals().iter();
    goals.map(|goal| (goal.metric.key().to_owned(), goal.state().name())).collect()
}

#[test]
fn a_goal_that_cannot_be_judged_is_refused_at_its_line() {
    let goal = |goal: &str| {
        format!("[goals.'a.ok']\ngoal = 'ci.errors/ci.runs<1'\n[goals.'a.b']\ngoal = '{goal}'\n")
    };
    let more = |more: &str| goal("ci.errors / ci.runs < 2") + more;
    for (settings, message) in [
        (
            goal("ci.errors < 5"),
            "a.toml:4:1: `goal` in [goals.\"a.b\"]: `ci.errors < 5` needs `/`, `-` or `+` after",
        ),
        (
            goal("ci.errors / ci.errors < 1"),
            "a.toml:4:1: `goal` in [goals.\"a.b\"]: `ci.errors / ci.errors < 1` combines",
        ),
        (
            goal("ci.errors / ci.run < 1"),
            "a.toml:4:1: `goal` in [goals.\"a.b\"]: there is no metric `ci.run`; did you mean `ci.runs`?",
        ),
        (
            goal("ci.errors / ci.old < 1"),
            "a.toml:4:1: `goal` in [goals.\"a.b\"]: `ci.old` is the former key of `ci.time`; write the new key",
        ),
        (
            goal("ci.errors - ci.runs < 1"),
            "a.toml:4:1: `goal` in [goals.\"a.b\"]: ci.errors and ci.runs are of different kinds, such as a gauge and a count",
        ),
        (
            goal("ci.errors + ci.time < 1"),
            "a.toml:4:1: `goal` in [goals.\"a.b\"]: ci.errors has no unit and ci.time has the unit `second`; `+` needs metrics \
             with the same unit, unlike `/`",
        ),
        (
            goal("system_health.reporter.points / ci.runs < 1"),
            "a.toml:4:1: `goal` in [goals.\"a.b\"]: only one of the two metrics is about the reporter",
        ),
        (
            goal("ci.errors / ci.runs < 1.0"),
            "a.toml:2:1: `goal` in [goals.\"a.ok\"]: [goals.\"a.b\"] has the same goal; remove one of them",
        ),
        (more("runbook = 'wiki'"), "a.toml:5:1: `runbook` in [goals.\"a.b\"]: a runbook must be a URL"),
        (more("owner = ' '"), "a.toml:5:1: `owner` in [goals.\"a.b\"]: an owner must not be empty"),
        (
            more("runbok = 'x'"),
            "a.toml:5:1: there is no key `runbok` in [goals.\"a.b\"]; did you mean `runbook`?",
        ),
        (
            more("[goals.'ci.old']\ngoal = 'ci.time / ci.runs < 1'"),
            "a.toml:5:8: [goals.\"ci.old\"]: this is the former key of the metric `ci.time`; a goal needs another name",
        ),
        (
            more("[goals.'ci.runs']\ngoal = 'ci.time / ci.runs < 1'"),
            "a.toml:5:8: [goals.\"ci.runs\"]: this is the key of a metric; a goal needs another name",
        ),
        (
            more("[goals.'bad name']\ngoal = 'ci.time / ci.runs < 1'"),
            "a.toml:5:8: [goals.\"bad name\"]: the name of a goal has the same form as the key of a metric: key `bad \
             name` contains ` `",
        ),
        (more("[goals.'c.d']\nowner = 'x'"), "a.toml:5:8: [goals.\"c.d\"]: the key `goal` is missing"),
    ] {
        let refusal = refusal(&settings);
        assert!(refusal.starts_with(message), "{refusal}");
    }
}

#[tokio::test]
async fn a_goal_is_judged_if_both_of_its_metrics_are_collected() {
    let settings = "[goals.'a.errors']\ngoal = 'ci.errors / ci.runs < 1'\n\
                    [goals.'a.time']\ngoal = 'ci.time / ci.runs < 1'\n\
                    [goals.'a.points']\n\
                    goal = 'system_health.reporter.points_expired / system_health.reporter.points < 1'\n";
    let builder = || builder(Catalog::new(metrics()).unwrap(), settings).unwrap();

    // Metrics about the reporter come after the run.
    assert_eq!(judged(builder()).await, [("a.errors".to_owned(), "value"), ("a.time".to_owned(), "value")]);
    assert_eq!(judged(builder().skip(["ci.errors"])).await, [("a.time".to_owned(), "value")]);
    assert_eq!(judged(builder().only(["ci.runs"])).await, []);
}

#[tokio::test]
async fn a_metric_that_no_source_returned_is_no_data_and_a_failed_source_an_error() {
    let source = |result: fn() -> Result<Vec<system_health_registry::Described>, Unavailable>| {
        Source::new("sql", "For a test.", location!(), move |_| Box::pin(async move { result() }))
    };
    let settings = "[goals.'a.b']\ngoal = 'ci.errors / sql.rows < 1'";
    let builder =
        |source| builder(Catalog::new(metrics()).unwrap().with_sources([source]).unwrap(), settings).unwrap();

    let silent = judged(builder(source(|| Ok(vec![])))).await;
    let failed = judged(builder(source(|| Err("connection refused".into())))).await;

    assert_eq!(silent, [("a.b".to_owned(), "no_data")]);
    assert_eq!(failed, [("a.b".to_owned(), "error")]);
}
