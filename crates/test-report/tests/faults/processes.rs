//! Processes that are killed, stopped by a signal, or run concurrently.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
};

use system_health_test_support::{
    scene::{ProgramOutput, Scene, next_second},
    server::Fault,
};

use crate::scenario::{Scenario, World, delivery};

const RUN: [&str; 6] = ["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "30s"];

pub(crate) fn scenarios() -> Vec<Scenario> {
    let row = |fault: &str, delivered, status| Scenario {
        place: "process",
        fault: fault.to_owned(),
        delivered,
        status,
    };
    vec![
        row("killed (SIGKILL) before the delivery", "nothing of this run; all of the next run", 137),
        row("killed (SIGKILL) during the delivery", "nothing yet; all with the next run", 137),
        row("killed (SIGKILL) after the delivery", "all, once", 137),
        row("SIGTERM during the delivery", "nothing yet; all with the next run", 143),
        row("SIGTERM while nobody reads its output", "all", 143),
        row("two at once on one state folder", "all, once", 0),
    ]
}

fn start(scene: &Scene, arguments: &[&str]) -> (Command, Child) {
    let mut command = scene.command(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    (command, child)
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn the_next_run_is_delivered_after_a_kill_before_the_delivery() {
    let world = World::new();
    world.github.fail("/commits", Fault::Hang);
    let scene = world.scene();
    let (_, mut child) = start(&scene, &["--push", "--no-self-metrics", "--only", "commits.hotfix"]);
    let _ = world.github.wait_for("/commits");

    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(world.intake.points(), []);
    let next = scene.run(&RUN).with_status(0);
    assert_eq!(delivery(&next)["points_of_earlier_runs"], 0);
}

#[test]
fn points_wait_if_the_process_ends_during_the_delivery() {
    for (signal, status) in [("KILL", None), ("TERM", Some(143))] {
        let world = World::new();
        world.intake.server().fail_times(1, "/api/v2/series", Fault::Hang);
        let scene = world.scene();
        let (command, child) = start(&scene, &RUN);
        let _ = world.intake.server().wait_for("/api/v2/series");

        send(signal, &child);
        let ended = child.wait_with_output().unwrap();

        assert_eq!(ended.status.code(), status, "{command:?}");
        assert_eq!(world.intake.points(), []);
        next_second();
        let next = scene.run(&RUN).with_status(0);
        assert_eq!(delivery(&next)["points_of_earlier_runs"], 1, "{signal}");
    }
}

#[test]
fn a_process_can_be_stopped_while_nobody_reads_its_output() {
    let world = World::new();
    let scene = world.scene().variable("TEST_SAMPLES", "5000");
    let push = ["--push", "--no-self-metrics", "--format", "json", "--only", "test.many"];
    let (_, mut child) = start(&scene, &push);
    // The process is printing now, and the output is longer than the buffer of a pipe.
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();

    send("TERM", &child);

    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(world.delivered("test.many").len(), 5000);
}

#[test]
fn points_are_not_repeated_after_a_kill_after_the_delivery() {
    let world = World::new();
    let scene = world.scene();
    // The event is sent after the values, and its request never gets a response.
    world.intake.server().fail("/api/v1/events", Fault::Hang);
    let (_, mut child) = start(&scene, &["--push", "--no-self-metrics", "--only", "test.event"]);
    let _ = world.intake.server().wait_for("/api/v1/events");
    child.kill().unwrap();
    child.wait().unwrap();

    let next = scene.run(&[&RUN[..], &["--no-events"]].concat()).with_status(0);

    assert_eq!(delivery(&next)["points_of_earlier_runs"], 0, "{next}");
    assert_eq!(delivery(&next)["left"], 0, "{next}");
    assert_eq!(world.delivered("test.event").len(), 1);
}

#[test]
fn two_concurrent_processes_share_a_state_folder() {
    let world = World::new();
    let scene = world.scene();
    let (one, other) = (start(&scene, &RUN), start(&scene, &RUN));

    for (command, child) in [one, other] {
        let ended = ProgramOutput::new(&command, child.wait_with_output().unwrap()).with_status(0);
        assert_eq!(delivery(&ended)["left"], 0, "{ended}");
    }

    let delivered = world.delivered("test.value");
    assert!((1..=2).contains(&delivered.len()), "{delivered:?}");
}
