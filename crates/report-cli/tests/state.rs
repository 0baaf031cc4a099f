//! What a run keeps for the next one: what it could not deliver, and what it found.
#![cfg(feature = "datadog")]

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::Value;
use system_health_test_support::{
    datadog::{self, DatadogIntake, Point},
    scene::{Ended, Scene, next_second},
};

fn scene(intake: &DatadogIntake) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", Duration::from_mins(1))
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
}

const PUSH: [&str; 2] = ["--push", "--no-self-metrics"];

fn delivery(ended: &Ended) -> Value {
    ended.json()["deliveries"][0].clone()
}

fn times(points: &[Point]) -> BTreeSet<i64> {
    points.iter().map(|point| point.timestamp).collect()
}

#[test]
fn what_could_not_be_delivered_goes_first_next_time_with_its_own_time() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    intake.server().fail_times(1, "/api/v2/series", datadog::error(403, "Forbidden"));

    let failed = scene.run(&PUSH).with_status(3);
    let first = failed.json()["run"]["timestamp"].clone();
    next_second();
    let recovered = scene.run(&PUSH).with_status(0);

    assert_eq!(delivery(&failed)["left"], 2);
    assert_eq!(delivery(&failed)["series"], 0);
    assert_eq!(delivery(&recovered)["series"], 2);
    assert_eq!(delivery(&recovered)["series_of_earlier_runs"], 2);
    assert_eq!(delivery(&recovered)["left"], 0);
    let points = intake.points();
    let seconds = humantime::parse_rfc3339(first.as_str().unwrap()).unwrap();
    let seconds = seconds.duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
    assert_eq!(times(&points).first(), Some(&seconds));
}

#[test]
fn a_repeated_run_of_a_slot_overwrites_and_does_not_add() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);

    for _ in 0..2 {
        let _ = scene.run(&[&PUSH[..], &["--align", "30m"]].concat()).with_status(0);
    }

    let points = intake.points();
    assert!(times(&points).iter().all(|time| time % 1800 == 0), "{points:?}");
    // Two, unless the slot ended between the runs.
    assert_eq!(points.len(), 2 * times(&points).len());
}

#[test]
fn a_slot_that_datadog_would_not_take_is_refused() {
    let intake = DatadogIntake::start();
    scene(&intake).run(&["--push", "--align", "2h"]).with_status(2).says("at most 30m");
}

#[test]
fn without_state_nothing_is_left_behind_and_the_loss_is_said() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    intake.server().fail("/api/v2/series", datadog::error(403, "Forbidden"));

    let ended = scene.run(&[&PUSH[..], &["--no-state"]].concat()).with_status(3);

    assert_eq!(delivery(&ended)["lost"], 2);
    assert!(!scene.folder().join(".state").exists());
}

#[test]
fn a_state_folder_that_cannot_be_used_is_said_and_the_run_delivers() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("file", "");
    let folder = scene.folder().join("file");

    let ended = scene.run(&[&PUSH[..], &["--state-dir", folder.to_str().unwrap()]].concat()).with_status(0);

    ended.says("cannot keep state: cannot use");
    assert_eq!(intake.points().len(), 2);
}

#[test]
fn a_damaged_file_is_kept_aside_and_the_run_delivers() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let state = scene.folder().join(".state");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("state.db"), "this is no database, and was never one ".repeat(200)).unwrap();

    scene.run(&PUSH).with_status(0).says("the state was damaged and starts anew");

    assert_eq!(intake.points().len(), 2);
    let names: BTreeSet<String> = fs::read_dir(&state)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.contains("state.db") && names.iter().any(|name| name.starts_with("state.db.damaged-")));
}

#[test]
fn metrics_about_the_reporter_flow_when_every_other_fails() {
    let intake = DatadogIntake::start();
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY);

    let ended = scene.run(&["--push", "--only", "commits.*"]).with_status(1);

    let points = intake.points();
    let value = |key: &str, tag: &str| {
        let key = format!("system_health.reporter.{key}");
        let has_tag = |point: &&Point| tag.is_empty() || point.tags.iter().any(|it| it == tag);
        points.iter().filter(|point| point.metric == key).find(has_tag).map(|point| point.value)
    };
    assert_eq!(value("metrics", "state:error"), Some(2.0));
    assert_eq!(value("metrics", "state:value"), Some(0.0));
    assert_eq!(value("collector_success", "metric:commits.hotfix"), Some(0.0));
    assert_eq!(value("points", "result:accepted"), Some(0.0));
    assert_eq!(value("outbox_points", "sink:datadog"), Some(0.0));
    assert!(value("run_duration_seconds", "").is_some_and(|seconds| seconds > 0.0));
    assert_eq!(value("last_value_age_seconds", ""), None, "there never was a value");
    assert_eq!(delivery(&ended)["self_metrics"], points.len());
    assert!(points.iter().all(|point| point.metric.starts_with("system_health.reporter.")));
}

#[test]
fn metrics_about_the_reporter_can_be_skipped_like_others() {
    let intake = DatadogIntake::start();

    let _ = scene(&intake).run(&["--push", "--skip", "system_health.reporter.api_*"]).with_status(0);

    let metrics: BTreeSet<String> = intake.points().into_iter().map(|point| point.metric).collect();
    assert!(metrics.contains("system_health.reporter.run_duration_seconds"));
    assert!(!metrics.iter().any(|metric| metric.starts_with("system_health.reporter.api_")), "{metrics:?}");
}
