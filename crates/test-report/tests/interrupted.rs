//! After Ctrl-C or SIGTERM during a collection, finished metrics are printed and recorded, but not delivered. A second signal ends
//! the process at once.
#![cfg(unix)]

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use rusqlite::Connection;
use system_health_test_support::{
    datadog::DatadogIntake,
    scene::{ProgramOutput, Scene, next_second},
};

const RUN: [&str; 3] = ["--no-self-metrics", "--only", "test.pipe"];

/// A scene with the pipe that `test.pipe` writes to. The metric is collected for one queue at a time.
fn scene() -> Scene {
    let scene = Scene::new(env!("CARGO_BIN_EXE_test-report"))
        .variable("TEST_PIPE", "pipe")
        .file("system-health.toml", "[report]\nconcurrency = 1");
    let made = Command::new("mkfifo").arg(scene.folder().join("pipe")).status().unwrap();
    assert!(made.success());
    scene
}

/// Starts a run, and waits until `test.pipe` has its value of the first queue.
fn start(scene: &Scene, arguments: &[&str]) -> (Command, Child) {
    let mut command = scene.command(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(fs::read_to_string(scene.folder().join("pipe")).unwrap(), "started");
    (command, child)
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn the_finished_metrics_of_an_interrupted_run_are_printed() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let scene = scene();
        let (command, child) = start(&scene, &RUN);

        send(signal, &child);
        let ended = ProgramOutput::new(&command, child.wait_with_output().unwrap()).with_status(status);

        let json = ended.json();
        let [finished, others @ ..] = json["metrics"].as_array().unwrap().as_slice() else {
            panic!("no metrics: {ended}");
        };
        assert_eq!(finished["samples"][0]["value"], 7.0, "{ended}");
        assert!(others.iter().all(|metric| metric["state"] == "error"), "{ended}");
        ended.says("interrupted before there was a result");
        ended.says("interrupted by");
    }
}

#[test]
fn the_next_run_delivers_the_points_of_an_interrupted_run() {
    let intake = DatadogIntake::start();
    let scene = scene().variable("DD_URL", intake.url()).variable("DD_API_KEY", DatadogIntake::KEY);
    let (command, child) = start(&scene, &[&["--push"][..], &RUN].concat());

    send("TERM", &child);
    let ended = ProgramOutput::new(&command, child.wait_with_output().unwrap()).with_status(143);

    assert_eq!(intake.points(), []);
    let delivery = &ended.json()["deliveries"][0];
    assert_eq!((&delivery["state"], &delivery["kept"]), (&"interrupted".into(), &true.into()), "{ended}");
    let address = delivery["address"].as_str().unwrap();
    ended.says(&format!("not everything was delivered to datadog ({address}): interrupted"));
    next_second();
    let next = scene.run(&["--push", "--no-self-metrics", "--only", "test.value"]).with_status(0);
    assert_eq!(next.json()["deliveries"][0]["points_of_earlier_runs"], 1, "{next}");
    assert!(intake.points().iter().any(|point| point.metric == "test.pipe"));
}

#[test]
fn without_state_a_warning_says_that_points_of_an_interrupted_run_may_be_lost() {
    let intake = DatadogIntake::start();
    let scene = scene().variable("DD_URL", intake.url()).variable("DD_API_KEY", DatadogIntake::KEY);
    // A folder cannot be created below a file.
    let push = ["--push", "--state-dir", "system-health.toml/state"];
    let (command, child) = start(&scene, &[&push[..], &RUN].concat());

    send("TERM", &child);
    let ended = ProgramOutput::new(&command, child.wait_with_output().unwrap()).with_status(143);

    ended.says("points that were recorded, but not delivered, may be lost: the state folder has failed or cannot be used");
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let scene = scene();
    let _ = scene.run(&["--only", "test.value"]).with_status(0);
    // The run cannot be recorded, so it does not end by itself soon.
    let store = Connection::open(scene.folder().join(".state/state.db")).unwrap();
    store.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (_, mut child) = start(&scene, &RUN);

    send("INT", &child);
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut lines = stderr.lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("a second signal ends it at once")));
    send("TERM", &child);

    assert!(lines.any(|line| line.contains("SIGTERM, the second signal, so the process ends at once")));
    // The second signal determines the status.
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
