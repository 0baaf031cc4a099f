//! Events about goals that flip.

use std::time::Duration;

use serde_json::Value;
use system_health_test_support::{
    datadog::{self, DatadogIntake},
    scene::{ProgramOutput, Scene, next_second},
};

use crate::{assert_matches_api_description, scene};

/// Commits hotfixes, then pushes in a new second. With five hotfixes, the goal is missed.
fn push(scene: Scene, hotfixes: usize, arguments: &[&str]) -> (Scene, ProgramOutput) {
    let scene = (0..hotfixes).fold(scene, |scene, _| scene.commit("hotfix", Duration::from_mins(1)));
    next_second();
    let ended = scene.run(&[&["--push", "--no-self-metrics"], arguments].concat());
    (scene, ended)
}

/// Removes the five hotfixes.
fn without_hotfixes(scene: Scene) -> Scene {
    scene.git(&["reset", "--quiet", "--hard", "HEAD~5"]);
    scene
}

fn titles(intake: &DatadogIntake) -> Vec<String> {
    intake.events().iter().map(|event| event["title"].as_str().unwrap().to_owned()).collect()
}

fn delivery_field(ended: &ProgramOutput, name: &str) -> Value {
    ended.json()["deliveries"][0][name].clone()
}

const MISSED: &str = "commits.hotfix misses its goal (< 5)";
const MET: &str = "commits.hotfix meets its goal again (< 5)";

#[test]
fn a_goal_that_flips_sends_one_event() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).variable("DD_VERSION", "1");

    let (scene, first) = push(scene, 0, &[]);
    assert_eq!(delivery_field(&first.with_status(0), "events"), 0, "the goal had no earlier state");
    let (scene, missed) = push(scene.variable("DD_VERSION", "2"), 5, &[]);
    assert_eq!(delivery_field(&missed.with_status(0), "events"), 1);
    let (scene, _) = push(scene, 0, &[]);
    assert_eq!(titles(&intake), [MISSED]);
    let (_, met) = push(without_hotfixes(scene), 0, &[]);
    assert_eq!(delivery_field(&met.with_status(0), "events"), 1);

    assert_eq!(titles(&intake), [MISSED, MET]);
    let [missed, met] = &intake.events()[..] else { panic!() };
    assert_eq!((&missed["alert_type"], &met["alert_type"]), (&"error".into(), &"success".into()));
    let text = missed["text"].as_str().unwrap();
    assert!(
        text.starts_with("%%% \n**5 commit**\n\nIt should be < 5.\n\nRunbook: https://github.com/"),
        "{text}"
    );
    assert!(text.contains("\n\nHotfixes that landed"), "{text}");
    assert!(missed["tags"].to_string().contains("\"env:production\""), "{missed}");
    let sent = intake.payloads()[1]["series"][0]["points"][0]["timestamp"].clone();
    assert_eq!(missed["date_happened"], sent);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn requests_match_datadogs_api_description() {
    let intake = DatadogIntake::start();
    let (scene, _) = push(scene(&intake), 0, &[]);
    let _ = push(scene, 5, &[]);

    assert_eq!(titles(&intake), [MISSED]);
    assert_matches_api_description(&intake);
}

#[test]
fn no_event_is_sent_without_state_or_with_the_flag_no_events() {
    let intake = DatadogIntake::start();
    let (scene, _) = push(scene(&intake), 0, &[]);
    let (scene, _) = push(scene, 5, &["--no-events"]);
    let (scene, _) = push(scene, 0, &["--skip", "commits.hotfix"]);
    let (scene, _) = push(scene, 0, &["--no-state"]);
    assert_eq!(titles(&intake), [""; 0]);

    // The goal flipped in the run with `--no-events`, so this run sends no event.
    let (_, missed) = push(scene, 0, &[]);

    assert_eq!(delivery_field(&missed, "events"), 0);
    assert_eq!(titles(&intake), [""; 0]);
}

#[test]
fn two_series_that_flip_in_the_same_slot_send_two_events() {
    let intake = DatadogIntake::start();
    let teams = |scene: Scene, hotfixes| {
        let (scene, _) = push(scene.variable("DD_TAGS", "team:a"), hotfixes, &["--align", "30m"]);
        push(scene.variable("DD_TAGS", "team:b"), 0, &["--align", "30m"]).0
    };

    teams(teams(scene(&intake), 0), 5);

    assert_eq!(titles(&intake), [MISSED, MISSED]);
    let events = intake.events();
    assert!(
        events[0]["tags"].to_string().contains("team:a") && events[1]["tags"].to_string().contains("team:b")
    );
}

#[test]
fn concurrent_runs_send_an_event_once() {
    let intake = DatadogIntake::start();
    let (scene, _) = push(scene(&intake), 0, &[]);
    let scene = (0..5).fold(scene, |scene, _| scene.commit("hotfix", Duration::from_mins(1)));
    next_second();
    intake.server().set_latency(Duration::from_millis(300));

    let mut runs: Vec<_> = (0..3).map(|_| scene.command(&["--push"]).spawn().unwrap()).collect();
    for run in &mut runs {
        assert!(run.wait().unwrap().success());
    }

    assert_eq!(titles(&intake), [MISSED]);
}

#[test]
fn an_event_that_was_not_accepted_waits_for_the_next_run() {
    let intake = DatadogIntake::start();
    let (scene, _) = push(scene(&intake), 0, &[]);
    intake.server().fail_times(5, "/api/v1/events", datadog::error(503, "Not now"));

    let (scene, left) = push(scene, 5, &["--deadline", "10s"]);
    let left = left.with_status(3);
    assert_eq!(delivery_field(&left, "state"), "partial");
    assert_eq!(delivery_field(&left, "events_left"), 1);
    next_second();
    let shown = scene.run(&["--dry-run"]).with_status(0);
    assert_eq!(delivery_field(&shown, "events")[0]["title"], MISSED, "the event waits");
    assert!(left.stderr().contains("Not now"), "{left}");

    let (_, sent) = push(scene, 0, &[]);
    assert_eq!(delivery_field(&sent.with_status(0), "events"), 1);
    assert_eq!(titles(&intake), [MISSED]);
}

#[test]
fn an_event_that_may_have_arrived_is_never_sent_again() {
    let intake = DatadogIntake::start();
    let (scene, _) = push(scene(&intake), 0, &[]);
    intake.server().fail_times(1, "/api/v1/events", datadog::error(504, "Gateway timeout"));

    let (scene, unseen) = push(scene, 5, &[]);
    unseen.with_status(0).says("may have arrived and is not sent again");
    let (_, next) = push(scene, 0, &[]);

    assert_eq!(delivery_field(&next, "events"), 0);
    assert_eq!(titles(&intake), [""; 0]);
    let sent = intake.server().requests();
    assert_eq!(sent.iter().filter(|request| request.path() == "/api/v1/events").count(), 1);
}

#[test]
fn a_dry_run_shows_the_event_and_changes_nothing() {
    let intake = DatadogIntake::start();
    let (scene, _) = push(scene(&intake), 0, &[]);
    let scene = (0..5).fold(scene, |scene, _| scene.commit("hotfix", Duration::from_mins(1)));
    next_second();

    for _ in 0..2 {
        let shown = scene.run(&["--dry-run"]).with_status(0);
        assert_eq!(delivery_field(&shown, "events")[0]["title"], MISSED);
    }
    let (_, sent) = push(scene, 0, &[]);

    assert_eq!(delivery_field(&sent, "events"), 1);
}
