//! The monitors, dashboards and values that the page gets after runs and from the history.

use std::{
    collections::BTreeSet,
    iter,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use system_health_intake::Intake;
use system_health_registry::{
    Catalog, Distribution, Facts, Goal, IntoReading, Kind, Metric, Outcome, Point, Report, Run, Sample,
    Settings, Tag, Unavailable, location,
};
use system_health_reporter::{
    FinishedRun, ReportSettings, Reporter, Selection, base_tags, with_goals_of_settings,
};
use system_health_serve::{AnswerError, PagePart, PartSettings};
use system_health_state::Store;

use crate::{
    documents::Documents,
    evaluation::Evaluation,
    points::{Points, seconds},
    preview::DatadogPreview,
};

const OPEN: &str = "jobs.open should be < 5 (env:development,service:system-health)";
const LATE: &str = "jobs.late should be < 1 (env:development,service:system-health)";

fn goal(text: &str) -> Goal {
    text.parse().unwrap()
}

/// Has the value 7.
fn open() -> Metric {
    let facts = Facts::new("jobs.open", "Open jobs.").with_unit("job").with_goal(goal("< 5"));
    Metric::new(facts, location!(), |_| Box::pin(async { 7.0.into_reading() }))
}

/// Has no data.
fn late() -> Metric {
    let facts = Facts::new("jobs.late", "Late jobs.").with_goal(goal("< 1"));
    Metric::new(facts, location!(), |_| Box::pin(async { Err(Unavailable::no_data("no job is late")) }))
}

/// Has counted 30.
fn done() -> Metric {
    let facts = Facts::new("jobs.done", "Jobs that are done.").with_kind(Kind::Counter);
    Metric::new(facts, location!(), |_| Box::pin(async { 30.0.into_reading() }))
}

/// Has counted 4 since now.
fn started() -> Metric {
    let facts = Facts::new("jobs.started", "Jobs that were started.").with_kind(Kind::Counter);
    Metric::new(facts, location!(), |_| {
        let reading = Sample::new(4.0).map(|total| total.with_start(SystemTime::now())).into_reading();
        Box::pin(async { reading })
    })
}

/// Has the value 1 for 99 jobs, and the value 100 for one job.
fn waiting() -> Metric {
    let facts = Facts::new("jobs.waiting", "How long jobs wait.").with_kind(Kind::Distribution);
    Metric::new(facts, location!(), |_| {
        let values = iter::repeat_n(1.0, 99).chain([100.0]);
        let reading =
            Distribution::from_values(values).map_err(Unavailable::from).and_then(IntoReading::into_reading);
        Box::pin(async { reading })
    })
}

/// The settings of the page's part. The state is in the folder, if there is one.
fn part_settings(toml: &str, folder: Option<&Path>) -> PartSettings {
    let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build().unwrap();
    let catalog = Catalog::new([open(), late(), done(), waiting()]).unwrap();
    PartSettings {
        catalog: with_goals_of_settings(catalog, &settings).unwrap(),
        selection: Selection::default(),
        settings,
        folder: folder.map(Path::to_owned),
    }
}

/// A run, as the service makes it.
async fn run(settings: &PartSettings) -> FinishedRun {
    let builder = Reporter::builder(settings.settings.clone())
        .catalog(settings.catalog.clone())
        .program("test")
        .without_required_destination();
    let builder = match &settings.folder {
        Some(folder) => builder.state_dir(folder),
        None => builder.without_state(),
    };
    builder.build().unwrap().push().await.unwrap()
}

/// Records a run of some time ago, in which a metric had a value.
fn record(folder: &Path, age: Duration, metric: Metric, value: f64) {
    let outcome = Outcome { metric, subject: None, result: value.into_reading(), duration: Duration::ZERO };
    let tags: Vec<Tag> = base_tags(&ReportSettings::default()).unwrap();
    let report = Report::new(Run::from_past(SystemTime::now() - age, vec![outcome]), tags);
    Store::open(folder).unwrap().store.record(&report, &[]).unwrap();
}

fn answer(part: &DatadogPreview, path: &str) -> Value {
    part.answer(path, "").unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The monitor with this name.
fn monitor(part: &DatadogPreview, name: &str) -> Value {
    let all = answer(part, "/api/v1/monitors");
    let mut found = all["monitors"].as_array().unwrap().iter().filter(|monitor| monitor["name"] == name);
    found.next().unwrap_or_else(|| panic!("no {name}: {all:#}")).clone()
}

fn state(part: &DatadogPreview, name: &str) -> Value {
    monitor(part, name)["state"].clone()
}

/// The values of a query in the last hours.
fn values(part: &DatadogPreview, hours: u64, query: &str) -> Vec<Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let parameters = format!("from={}&to={now}&query={query}", now - hours * 3600);
    let found = part.answer("/api/v1/query", &parameters).unwrap();
    let points = found["series"][0]["pointlist"].as_array().cloned().unwrap_or_default();
    points.into_iter().map(|point| point[1].clone()).collect()
}

#[tokio::test]
async fn a_missed_goal_alerts_and_a_metric_without_data_has_no_state() {
    let folder = tempfile::tempdir().unwrap();
    let settings = part_settings("", Some(folder.path()));
    let part = DatadogPreview::new(settings.clone());

    part.observe(&run(&settings).await);

    let open = monitor(&part, OPEN);
    assert_eq!(
        (&open["state"], &open["groups"]),
        (&json!("Alert"), &json!([{ "tags": [], "state": "Alert" }]))
    );
    assert_eq!(open["query"], open["monitor"]["query"]);
    assert!(open["monitor"]["message"].as_str().unwrap().contains("Managed by system-health"), "{open:#}");
    assert_eq!(open["monitor"].get("id"), None, "the monitor is as a push sends it");
    assert_eq!(state(&part, LATE), Value::Null);
    assert_eq!(values(&part, 1, "max:jobs.open{*}"), [7.0]);
    assert_eq!(values(&part, 1, "max:jobs.late{*}"), [Value::Null; 0]);
}

#[tokio::test]
async fn points_of_the_history_count_as_if_they_had_been_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let settings = part_settings("", Some(folder.path()));
    record(folder.path(), Duration::from_hours(3), late(), 0.5);
    let part = DatadogPreview::new(settings.clone());

    part.observe(&run(&settings).await);

    assert_eq!(state(&part, LATE), "No Data", "it had data before");
    assert_eq!(values(&part, 1, "max:jobs.late{*}"), [Value::Null; 0]);
    assert_eq!(values(&part, 4, "max:jobs.late{env:development}"), [0.5]);
}

#[test]
fn an_alert_lasts_until_the_recovery_threshold_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let recovery = "[monitors]\nevery = '1m'\n[monitors.metrics.'jobs.open']\nrecovery = 3\n";
    record(folder.path(), Duration::from_mins(10), open(), 9.0);
    record(folder.path(), Duration::from_secs(1), open(), 4.0);

    let state_with = |toml| state(&DatadogPreview::new(part_settings(toml, Some(folder.path()))), OPEN);

    assert_eq!(state_with(recovery), "Alert", "4 does not reach 3");
    assert_eq!(state_with("[monitors]\nevery = '1m'\n"), "OK");
}

#[tokio::test]
async fn the_history_is_read_for_a_query_but_not_for_runs_or_dashboards() {
    let folder = tempfile::tempdir().unwrap();
    let settings = part_settings("", Some(folder.path()));
    let part = DatadogPreview::new(settings.clone());
    part.observe(&run(&settings).await);

    assert!(!part.is_read());
    assert_eq!(answer(&part, "/api/v1/dashboards")["dashboards"][0]["title"], "System health");
    assert!(!part.is_read());

    assert_eq!(values(&part, 1, "max:jobs.open{*}"), [7.0]);
    assert!(part.is_read());
}

#[tokio::test]
async fn without_state_the_runs_of_this_process_are_kept() {
    let settings = part_settings("", None);
    let part = DatadogPreview::new(settings.clone());
    assert_eq!(state(&part, OPEN), Value::Null);

    part.observe(&run(&settings).await);

    assert_eq!(state(&part, OPEN), "Alert");
}

#[tokio::test]
async fn new_settings_change_the_monitors() {
    let settings = part_settings("", None);
    let part = DatadogPreview::new(settings.clone());
    part.observe(&run(&settings).await);
    assert_eq!(state(&part, OPEN), "Alert");

    part.configure(part_settings("[goals]\n'jobs.open' = '< 10'\n'jobs.late' = false\n", None));

    let all = answer(&part, "/api/v1/monitors");
    let states: Vec<_> = all["monitors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|monitor| (&monitor["name"], &monitor["state"]))
        .collect();
    let name = json!("jobs.open should be < 10 (env:development,service:system-health)");
    assert_eq!(states, [(&name, &json!("OK"))]);
}

#[test]
fn a_monitor_whose_metric_the_service_does_not_collect_says_so() {
    let settings = part_settings("", None);
    let selection = Selection::new(&settings.catalog, &["jobs.late"], &[]).unwrap();
    let part = DatadogPreview::new(PartSettings { selection, ..settings });

    assert_eq!(monitor(&part, OPEN)["reason"], "this service does not collect jobs.open");
    assert_eq!(monitor(&part, LATE).get("reason"), None);
}

#[tokio::test]
async fn counters_are_shown_as_the_increases_that_datadog_gets() {
    let folder = tempfile::tempdir().unwrap();
    let settings = part_settings("", Some(folder.path()));
    record(folder.path(), Duration::from_mins(20), done(), 27.0);
    let part = DatadogPreview::new(settings.clone());

    part.observe(&run(&settings).await);

    assert_eq!(values(&part, 1, "sum:jobs.done{*}.as_count()"), [3.0]);
}

#[tokio::test]
async fn the_first_total_of_a_counter_that_started_in_the_service_is_an_increase() {
    let catalog = Catalog::new([started()]).unwrap();
    let settings = PartSettings { catalog, ..part_settings("", None) };
    let part = DatadogPreview::new(settings.clone());

    part.observe(&run(&settings).await);

    assert_eq!(values(&part, 1, "sum:jobs.started{*}.as_count()"), [4.0]);
}

#[tokio::test]
async fn distributions_have_percentiles_and_are_not_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let settings = part_settings("", Some(folder.path()));
    let part = DatadogPreview::new(settings.clone());
    let finished = run(&settings).await;
    assert_eq!(values(&part, 1, "count:jobs.waiting{*}"), [100.0]);

    part.observe(&finished);

    assert_eq!(values(&part, 1, "count:jobs.waiting{*}"), [100.0]);
    assert_eq!(values(&part, 1, "max:jobs.waiting{*}"), [100.0]);
    let median = values(&part, 1, "p50:jobs.waiting{*}")[0].as_f64().unwrap();
    assert!((median - 1.0).abs() < 0.01, "{median}");
    assert_eq!(values(&part, 1, "p50:jobs.open{*}"), [Value::Null; 0], "only distributions have percentiles");
}

#[test]
fn a_second_run_in_a_schedule_slot_does_not_change_distributions() {
    let now = SystemTime::now();
    let mut points = Points::from_history(None, now, now).unwrap();
    let waited = |value: f64| Point {
        key: "jobs.waiting".to_owned(),
        kind: Kind::Distribution,
        unit: None,
        tags: BTreeSet::new(),
        timestamp: now,
        since: None,
        value: Distribution::from_values([value]).unwrap().into(),
    };

    points.add([waited(1.0)], now).unwrap();
    points.add([waited(100.0)], now).unwrap();

    let kept: Vec<Vec<f64>> = points.intake.distributions().unwrap().into_values().collect();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].len() == 1 && kept[0][0] < 2.0, "{kept:?}");
}

#[test]
fn a_monitor_that_needs_points_that_are_not_kept_has_no_state() {
    let documents = Arc::new(Documents::new(&part_settings("", None)).unwrap());
    let mut evaluation = Evaluation::new(Arc::new(Intake::in_memory().unwrap()), documents).unwrap();
    let now = seconds(SystemTime::now());
    let mut open = |dropped_before| {
        let all = evaluation.evaluate(iter::empty(), dropped_before, now).unwrap();
        all.into_iter().find(|monitor| monitor["name"] == OPEN).unwrap()
    };

    assert_eq!(open(Some(now - 30 * 60)).get("reason"), None);
    let (shown, expected) =
        (open(Some(now - 60)), "it cannot be evaluated: it looks back 30m, but only the points since");
    assert_eq!(shown["state"], Value::Null);
    assert!(shown["reason"].as_str().unwrap().starts_with(expected), "{shown:#}");
}

#[tokio::test]
async fn monitors_have_no_state_if_the_dropped_points_are_not_in_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let settings = part_settings("", Some(folder.path()));
    let part = DatadogPreview::new(settings.clone());
    part.observe(&run(&settings).await);
    assert_eq!(state(&part, OPEN), "Alert");

    part.drop_points(true);
    assert_eq!(state(&part, OPEN), "Alert", "the history is read again");

    part.drop_points(false);
    let shown = monitor(&part, OPEN);
    assert_eq!(shown["state"], Value::Null);
    assert!(shown["reason"].as_str().unwrap().contains("could not be added"), "{shown:#}");
}

#[tokio::test]
async fn a_total_that_contains_lost_increases_is_not_an_increase() {
    let catalog = Catalog::new([started()]).unwrap();
    let settings = PartSettings { catalog, ..part_settings("", None) };
    let part = DatadogPreview::new(settings.clone());
    let finished = run(&settings).await;
    part.drop_points(false);

    part.observe(&finished);

    assert_eq!(values(&part, 1, "sum:jobs.started{*}.as_count()"), [Value::Null; 0]);
}

#[test]
fn errors_in_settings_and_queries_say_what_is_wrong() {
    let part = DatadogPreview::new(part_settings("[monitors.metrics.'jobs.opn']\nenabled = false\n", None));
    let AnswerError::Failed(text) = part.answer("/api/v1/monitors", "").unwrap_err() else { panic!() };
    assert!(text.contains("a.toml:1") && text.contains("jobs.opn"), "{text}");

    let part = DatadogPreview::new(part_settings("", None));
    for (query, expected) in [
        ("from=0&to=9&query=max:jobs", "Error parsing query: max:jobs"),
        ("from=0&to=9", "The value provided for parameter 'query' is invalid"),
        ("to=9&query=max:jobs.open{*}", "The value provided for parameter 'from' is invalid"),
    ] {
        let refused = part.answer("/api/v1/query", query).unwrap_err();
        assert_eq!(refused, AnswerError::Request(expected.to_owned()));
    }
}

#[test]
fn a_history_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(Store::FILE_NAME),
        "This is not a database, but a long enough text.".repeat(99),
    )
    .unwrap();
    let part = DatadogPreview::new(part_settings("", Some(folder.path())));

    let AnswerError::Failed(text) = part.answer("/api/v1/monitors", "").unwrap_err() else { panic!() };

    assert!(text.starts_with("cannot read the history: "), "{text}");
}
