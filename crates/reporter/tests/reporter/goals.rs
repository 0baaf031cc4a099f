//! Goals in the settings, and the runs that judge them.

use std::path::Path;

use system_health_registry::{
    Alias, Catalog, DescribedReading, Facts, Kind, Metric, Monitoring, Outcome, Settings, SharedError,
    Source, Unavailable, location, settings::SettingsBuilder,
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
        Facts::new("ci.total", "For a test.").with_kind(Kind::Counter),
    ];
    facts.into_iter().zip([1.0, 4.0, 60.0, 9.0]).map(|(facts, value)| metric(facts, value)).collect()
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

#[test]
fn a_goal_of_a_distribution_and_another_metric_is_refused() {
    let times = metric(Facts::new("ci.times", "For a test.").with_kind(Kind::Distribution), 1.0);
    let catalog = Catalog::new(metrics().into_iter().chain([times])).unwrap();
    let goal = "[goals.'a.b']\ngoal = 'ci.times / ci.runs < 1'";

    let error = builder(catalog, goal).unwrap().build().unwrap_err();

    let message = "a.toml:2:1: `goal` in [goals.\"a.b\"]: `ci.times` is a distribution, which has no single value, so it cannot \
                   have a goal";
    assert_eq!(SharedError::new(error).to_string(), message);
}

/// The names of the goals that a run judges, with the states of their results.
async fn judged(builder: ReporterBuilder) -> Vec<(String, &'static str)> {
    let finished = builder.build().unwrap().collect().await.unwrap();
    let goals = finished.report.goals().iter();
    goals.map(|goal| (goal.metric.key().to_owned(), goal.state().name())).collect()
}

#[test]
fn a_wrong_goal_of_two_metrics_is_refused_at_its_line() {
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
            "a.toml:4:1: `goal` in [goals.\"a.b\"]: ci.errors is a gauge and ci.runs is a count; `-` needs metrics of the same \
             kind, unlike `/`",
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
        (
            more("runbook = 'wiki'"),
            "a.toml:5:1: `runbook` in [goals.\"a.b\"]: a runbook must be an `https://` URL",
        ),
        (more("owner = ' '"), "a.toml:5:1: `owner` in [goals.\"a.b\"]: an owner must not be empty"),
        (
            more("runbok = 'x'"),
            "a.toml:5:1: there is no key `runbok` in [goals.\"a.b\"]; did you mean `runbook`?",
        ),
        (
            more("[goals.'ci.old']\ngoal = 'ci.time / ci.runs < 1'"),
            "a.toml:5:8: [goals.\"ci.old\"]: this is the former key of the metric `ci.time`; a goal of two metrics needs another \
             name",
        ),
        (
            more("[goals.'ci.runs']\ngoal = 'ci.time / ci.runs < 1'"),
            "a.toml:5:8: [goals.\"ci.runs\"]: this is the key of a metric; a goal of two metrics needs another name",
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

#[test]
fn a_goal_that_a_metric_cannot_have_is_refused_at_its_line() {
    for (entry, message) in [
        (
            "'ci.run' = '< 5'",
            "a.toml:2:1: `\"ci.run\"` in [goals]: there is no metric `ci.run`; did you mean `ci.runs`?",
        ),
        (
            "'ci.*' = '< 5'",
            "a.toml:2:1: `\"ci.*\"` in [goals]: a goal has no globs; write a goal for each metric, with its whole key",
        ),
        (
            "'ci.old' = '< 5'",
            "a.toml:2:1: `\"ci.old\"` in [goals]: `ci.old` is the former key of `ci.time`; write the new key",
        ),
        (
            "'ci.runs' = '5'",
            "a.toml:2:1: `\"ci.runs\"` in [goals]: goal `5` must start with `<`, `<=`, `>`, `>=`, `==` or `!=`",
        ),
        (
            "'ci.runs' = true",
            "a.toml:2:1: `\"ci.runs\"` in [goals]: `true` is not a goal; write a goal such as",
        ),
        (
            "'ci.runs' = 5",
            "a.toml:2:1: `\"ci.runs\"` in [goals]: invalid type: integer `5`, expected a goal such as",
        ),
        (
            "'ci.total' = '< 5'",
            "a.toml:2:1: `\"ci.total\"` in [goals]: a counter has no current value, so it cannot have a goal",
        ),
        (
            "'system_health.reporter.run_duration_seconds' = '< 60'",
            "a.toml:2:1: `\"system_health.reporter.run_duration_seconds\"` in [goals]: the monitors of the reporter watch this \
             metric",
        ),
        (
            "'system_health.reporter.sources' = '> 0'",
            "a.toml:2:1: `\"system_health.reporter.sources\"` in [goals]: the monitors of the reporter watch this metric",
        ),
        (
            "'a.b' = 'ci.errors / ci.runs < 1'",
            "a.toml:2:1: `\"a.b\"` in [goals]: `ci.errors / ci.runs < 1` is a goal of two metrics, which needs a table",
        ),
        (
            "'ci.runs' = { goal = '< 5' }",
            "a.toml:2:15: `goal` in [goals.\"ci.runs\"]: `< 5` names no metrics; the goal of one metric is a text",
        ),
    ] {
        let refusal = refusal(&format!("[goals]\n{entry}\n"));
        assert!(refusal.starts_with(message), "{refusal}");
    }
}

#[tokio::test]
async fn a_goal_in_the_settings_replaces_that_of_the_metric() {
    let monitoring = Monitoring { recovery: Some(3.0), ..Monitoring::default() };
    let with_goal =
        Facts::new("ci.failed", "For a test.").with_goal("< 5".parse().unwrap()).with_monitoring(monitoring);
    let metrics = || metrics().into_iter().chain([metric(with_goal.clone(), 4.0)]);
    let run = async |settings: &str| {
        let settings = format!("[goals]\n{settings}");
        let builder = builder(Catalog::new(metrics()).unwrap(), &settings).unwrap();
        let finished = builder.build().unwrap().collect().await.unwrap();
        let goal = |outcome: &Outcome| {
            let metric = &outcome.metric;
            let goal = format!("{} {}", metric.key(), metric.condition()?);
            Some((goal, metric.monitoring().recovery, outcome.goal_met()?))
        };
        finished.report.run().outcomes().iter().filter_map(goal).collect::<Vec<_>>()
    };
    let failed = |goal: &str, recovery, is_met| (format!("ci.failed {goal}"), recovery, is_met);

    assert_eq!(run("").await, [failed("< 5", Some(3.0), true)]);
    assert_eq!(run("'ci.failed' = '< 4'").await, [failed("< 4", Some(3.0), false)]);
    assert_eq!(run("'ci.failed' = '< 2'").await, [failed("< 2", None, false)]);
    assert_eq!(run("'ci.failed' = false").await, []);
    assert_eq!(
        run("'ci.failed' = ''\n'ci.errors' = '== 0'").await,
        [("ci.errors == 0".to_owned(), None, false)]
    );
}

#[tokio::test]
async fn a_goal_in_the_settings_also_applies_to_a_metric_of_a_source() {
    let source = Source::new("sql", "For a test.", location!(), |_| {
        let described =
            |key: &str, kind| DescribedReading::new(Facts::new(key, "For a test.").with_kind(kind), 7);
        let readings = vec![described("sql.rows", Kind::Gauge), described("sql.written", Kind::Counter)];
        Box::pin(async move { Ok(readings) })
    });
    let catalog = Catalog::from_sources([source]).unwrap();
    let settings = "[goals]\n'sql.rows' = '< 5'\n'sql.written' = '< 5'\n'sql.later' = '< 5'";

    let finished = builder(catalog, settings).unwrap().build().unwrap().collect().await.unwrap();

    let run = finished.report.run();
    let goals = run
        .outcomes()
        .iter()
        .map(|outcome| (outcome.metric.key(), outcome.samples().len(), outcome.goal_met()));
    assert_eq!(goals.collect::<Vec<_>>(), [("sql.rows", 1, Some(false)), ("sql.written", 1, None)]);
    let refused = &run.sources()[0].refused;
    assert!(
        refused.len() == 1
            && refused[0].to_string().starts_with("the goal of `sql.written` was not replaced: a counter")
    );
}

#[tokio::test]
async fn a_goal_is_judged_if_both_of_its_metrics_are_collected() {
    let settings = "[goals.'a.errors']\ngoal = 'ci.errors / ci.runs < 1'\n\
                    [goals.'a.time']\ngoal = 'ci.time / ci.runs < 1'\n\
                    [goals.'a.points']\n\
                    goal = 'system_health.reporter.points_expired / system_health.reporter.points < 1'\n";
    let builder = || builder(Catalog::new(metrics()).unwrap(), settings).unwrap();

    // The metrics about the reporter are collected after the run, so the run does not judge `a.points`.
    assert_eq!(judged(builder()).await, [("a.errors".to_owned(), "value"), ("a.time".to_owned(), "value")]);
    assert_eq!(judged(builder().skip(["ci.errors"])).await, [("a.time".to_owned(), "value")]);
    assert_eq!(judged(builder().only(["ci.runs"])).await, []);
}

#[tokio::test]
async fn a_goal_of_a_missing_metric_has_no_data_or_an_error() {
    let source = |result: fn() -> Result<Vec<DescribedReading>, Unavailable>| {
        Source::new("sql", "For a test.", location!(), move |_| Box::pin(async move { result() }))
    };
    let settings = "[goals.'a.b']\ngoal = 'ci.errors / sql.rows < 1'";
    let builder =
        |source| builder(Catalog::new(metrics()).unwrap().with_sources([source]).unwrap(), settings).unwrap();

    let missing = judged(builder(source(|| Ok(vec![])))).await;
    let failed = judged(builder(source(|| Err("connection refused".into())))).await;

    assert_eq!(missing, [("a.b".to_owned(), "no_data")]);
    assert_eq!(failed, [("a.b".to_owned(), "error")]);
}
