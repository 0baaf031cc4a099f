//! What a run keeps for the next run: undelivered points and results.
#![cfg(feature = "datadog")]
#![expect(clippy::float_cmp, reason = "numbers of points are exact")]

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::Value;
use system_health_test_support::{
    datadog::{self, DatadogIntake, Point},
    scene::{ProgramOutput, Scene, next_second},
};

fn scene(intake: &DatadogIntake) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", Duration::from_mins(1))
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
}

const PUSH: [&str; 2] = ["--push", "--no-self-metrics"];

fn delivery(ended: &ProgramOutput) -> Value {
    ended.json()["deliveries"][0].clone()
}

fn times(points: &[Point]) -> BTreeSet<i64> {
    points.iter().map(|point| point.timestamp).collect()
}

#[test]
fn the_next_run_delivers_undelivered_points_with_their_original_time() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    intake.server().fail_times(1, "/api/v2/series", datadog::error(403, "Forbidden"));

    let failed = scene.run(&PUSH).with_status(3);
    next_second();
    let recovered = scene.run(&PUSH).with_status(0);

    assert_eq!(delivery(&failed)["left"], 2);
    assert_eq!(delivery(&failed)["series"], 0);
    assert_eq!(delivery(&recovered)["series"], 2);
    assert_eq!(delivery(&recovered)["points_of_earlier_runs"], 2);
    assert_eq!(delivery(&recovered)["left"], 0);
    let points = intake.points();
    assert_eq!(times(&points).first(), Some(&time(&failed)));
}

#[test]
fn a_repeated_run_in_a_slot_overwrites_its_points() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);

    for _ in 0..2 {
        let _ = scene.run(&[&PUSH[..], &["--align", "30m"]].concat()).with_status(0);
    }

    let points = intake.points();
    assert!(times(&points).iter().all(|time| time % 1800 == 0), "{points:?}");
    // There are two points for each slot. There is a second slot only if the first one ended between the runs.
    assert_eq!(points.len(), 2 * times(&points).len());
}

#[test]
fn a_slot_that_is_too_long_is_refused() {
    let intake = DatadogIntake::start();
    scene(&intake).run(&["--push", "--align", "2h"]).with_status(2).says("at most 30m");
}

#[test]
fn without_state_nothing_is_written_and_the_loss_is_reported() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    intake.server().fail("/api/v2/series", datadog::error(403, "Forbidden"));

    let ended = scene.run(&[&PUSH[..], &["--no-state"]].concat()).with_status(3);

    assert_eq!(delivery(&ended)["lost"], 2);
    assert!(!scene.folder().join(".state").exists());
}

#[test]
fn the_run_delivers_if_the_state_folder_cannot_be_used() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("file", "");
    let folder = scene.folder().join("file");

    let ended = scene.run(&[&PUSH[..], &["--state-dir", folder.to_str().unwrap()]].concat()).with_status(0);

    ended.says("cannot keep state: cannot use");
    ended.says("hint: name another folder with --state-dir");
    let about_state = |line: &&str| line.contains("warning: ") && line.contains("state");
    assert_eq!(ended.stderr().lines().filter(about_state).count(), 1, "{ended}");
    assert_eq!(intake.points().len(), 2);
}

#[test]
fn the_run_delivers_and_moves_a_damaged_state_file_aside() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let state = scene.folder().join(".state");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("state.db"), "this is no database, and was never one ".repeat(200)).unwrap();

    scene.run(&PUSH).with_status(0).says("the state was damaged and is empty now");

    assert_eq!(intake.points().len(), 2);
    let names: BTreeSet<String> = fs::read_dir(&state)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.contains("state.db") && names.iter().any(|name| name.starts_with("state.db.damaged-")));
}

#[test]
fn self_metrics_are_delivered_if_all_other_metrics_fail() {
    let intake = DatadogIntake::start();
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY);

    let ended = scene.run(&["--push", "--only", "commits.{hotfix,reverts}"]).with_status(1);

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
    assert_eq!(value("last_value_age_seconds", ""), Some(0.0), "it was collected for the first time");
    assert_eq!(delivery(&ended)["self_metrics"], points.len());
    assert!(points.iter().all(|point| point.metric.starts_with("system_health.reporter.")));
}

/// The values of a metric about the reporter, with their times.
fn self_metric(intake: &DatadogIntake, key: &str, tag: &str) -> Vec<(i64, f64)> {
    let key = format!("system_health.reporter.{key}");
    let points = intake.points().into_iter();
    let mut values: Vec<(i64, f64)> = points
        .filter(|point| point.metric == key && point.tags.iter().any(|it| it == tag))
        .map(|point| (point.timestamp, point.value))
        .collect();
    values.sort_by_key(|(time, _)| *time);
    values
}

fn time(ended: &ProgramOutput) -> i64 {
    let time = ended.json()["run"]["timestamp"].clone();
    let time = humantime::parse_rfc3339(time.as_str().unwrap()).unwrap();
    time.duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

#[test]
fn the_self_metrics_of_all_runs_arrive_after_an_outage() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    intake.server().fail_times(2, "/api/v2/series", datadog::error(403, "Forbidden"));

    let runs = [3, 3, 0].map(|status| {
        let ended = scene.run(&["--push"]).with_status(status);
        let arrived = intake.points().len();
        next_second();
        (time(&ended), arrived)
    });

    assert_eq!((runs[0].1, runs[1].1), (0, 0), "nothing arrives during the outage");
    let [first, second, third] = runs.map(|(time, _)| time);
    let waiting = self_metric(&intake, "outbox_points", "sink:datadog");
    let (times, values): (Vec<i64>, Vec<f64>) = waiting.into_iter().unzip();
    assert_eq!(times, [first, second, third], "each with the time of its run");
    // After the first run, the two values wait. After the second, its two values and the self-metrics of the first run also
    // wait.
    assert!(values[0] == 2.0 && values[1] > 4.0 && values[2] == 0.0, "{values:?}");
    let points = |result| self_metric(&intake, "points", &format!("result:{result}"));
    assert_eq!(points("left"), [(first, values[0]), (second, values[1]), (third, 0.0)]);
    assert!(points("accepted").iter().map(|(_, value)| *value).eq([
        0.0,
        0.0,
        values[1] + 2.0 + count_self_metrics(&intake, second)
    ]));
    assert_eq!(self_metric(&intake, "collector_success", "metric:commits.hotfix").len(), 3);
}

/// The number of self-metrics of the run at this time.
fn count_self_metrics(intake: &DatadogIntake, time: i64) -> f64 {
    let points = intake.points().into_iter();
    let count =
        points.filter(|point| point.timestamp == time && point.metric.starts_with("system_health.")).count();
    f64::from(u32::try_from(count).unwrap())
}

#[test]
fn without_state_the_self_metrics_count_no_waiting_points() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    // Datadog refuses the first payload, and accepts the next one with the self-metrics.
    intake.server().fail_times(1, "/api/v2/series", datadog::error(400, "No"));

    let _ = scene.run(&["--push", "--no-state", "--only", "commits.hotfix"]).with_status(3);

    let points = |result| self_metric(&intake, "points", &format!("result:{result}"))[0].1;
    assert_eq!(["accepted", "refused", "left", "lost"].map(points), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(self_metric(&intake, "outbox_points", "sink:datadog")[0].1, 0.0);
}

#[test]
fn self_metrics_can_be_skipped() {
    let intake = DatadogIntake::start();

    let _ = scene(&intake).run(&["--push", "--skip", "system_health.reporter.api_*"]).with_status(0);

    let metrics: BTreeSet<String> = intake.points().into_iter().map(|point| point.metric).collect();
    assert!(metrics.contains("system_health.reporter.run_duration_seconds"));
    assert!(!metrics.iter().any(|metric| metric.starts_with("system_health.reporter.api_")), "{metrics:?}");
}

#[cfg(unix)]
#[test]
fn the_owner_can_access_the_state_file_under_any_umask() {
    use std::{os::unix::fs::PermissionsExt, process::Command};
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let folder = scene.folder().join("state");
    fs::create_dir(&folder).unwrap();
    let run = scene.command(&["--only", "commits.hotfix", "--state-dir", "state"]);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "umask 0777; exec \"$0\" \"$@\""]).arg(run.get_program()).args(run.get_args());
    shell.current_dir(scene.folder()).env_clear();
    shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));

    let output = shell.output().unwrap();

    let _ = ProgramOutput::new(&shell, output).with_status(0);
    let mode = fs::metadata(folder.join("state.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}
