//! Faults of files and of the standard output. A reader counts a line twice if it is written twice, so a line that may have been
//! written is never written again.

use std::{
    fs,
    io::{Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Stdio},
};

use rusqlite::Connection;
use system_health_test_support::scene::{ProgramOutput, Scene, next_second};

use crate::scenario::{Scenario, delivery, wait_until};

const LINES: &str = "JSON lines";
const EMF: &str = "Embedded Metric Format";
const RUN: [&str; 6] = ["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "5s"];
/// A run that waits until it is killed.
const PATIENT_RUN: [&str; 6] = ["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "1m"];

const NO_FOLDER: &str = "the folder of the file is missing";
const READER_ENDED: &str = "the reader of the standard output has ended";
const FULL: &str = "nobody reads the standard output until the deadline";
const KILLED_BEFORE: &str = "the process is killed (SIGKILL) before it has written";
const KILLED_AFTER: &str = "the process is killed (SIGKILL) after it has written";

/// The sinks that write to the standard output, with their settings.
const SINKS: [(&str, &str); 2] = [
    (LINES, "[report]\nto = ['local']\n[local]\nstdout = true\n"),
    (EMF, "[report]\nto = ['cloudwatch']\n[cloudwatch]\nemf = true\n"),
];

/// The rows of the table in `docs/reliability.md`.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let row = |place, fault: &str, delivered, status| Scenario {
        place,
        fault: fault.to_owned(),
        delivered,
        status,
    };
    let unknown = "perhaps; counted as unknown and not repeated";
    let of_stdout = SINKS.into_iter().flat_map(|(place, _)| {
        [
            row(place, READER_ENDED, unknown, 3),
            row(place, FULL, unknown, 3),
            row(place, KILLED_BEFORE, "nothing; not repeated", 137),
            row(place, KILLED_AFTER, "all; not repeated", 137),
        ]
    });
    [row(LINES, NO_FOLDER, "nothing yet; all with the next run", 3)].into_iter().chain(of_stdout).collect()
}

fn status(place: &str, fault: &str) -> i32 {
    let row = scenarios().into_iter().find(|row| row.place == place && row.fault == fault);
    row.unwrap_or_else(|| panic!("no row for {place}: {fault}")).status
}

fn scene(settings: &str) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_test-report")).file("system-health.toml", settings)
}

/// The number of lines with a value.
fn count_values(text: &str) -> usize {
    text.lines().filter(|line| line.contains("test.value")).count()
}

/// Checks that the next run writes its own value, and no other.
fn check_next(scene: &Scene) {
    next_second();
    let next = scene.run(&RUN).with_status(0);
    assert_eq!(count_values(&next.stdout()), 1, "{next}");
}

/// A standard output that accepts nothing until somebody reads.
fn full_output() -> (UnixStream, OwnedFd) {
    let (reader, mut writer) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    while writer.write(&[b'\n'; 4096]).is_ok() {}
    writer.set_nonblocking(false).unwrap();
    (reader, writer.into())
}

/// Starts a run with this standard output, and closes the output in this process.
fn start(scene: &Scene, arguments: &[&str], output: OwnedFd) -> (Command, Child) {
    let mut command = scene.command(arguments);
    let child = command.stdout(Stdio::from(output)).stderr(Stdio::piped()).spawn().unwrap();
    command.stdout(Stdio::null());
    (command, child)
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits until a run has marked its points as being sent, so that it writes them next.
fn wait_until_marked(store: &Connection) {
    let query = "SELECT count(*) FROM outbox WHERE sending_since IS NOT NULL";
    wait_until(|| store.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() > 0);
}

/// A run whose points are marked, but not written, because its standard output is full. The run before it was delivered.
fn blocked(settings: &str) -> (Scene, Connection, Child, UnixStream) {
    let scene = scene(settings);
    let first = scene.run(&RUN).with_status(0);
    assert_eq!(count_values(&first.stdout()), 1, "{first}");
    next_second();
    let store = Connection::open(scene.folder().join(".state/state.db")).unwrap();
    let (reader, output) = full_output();
    let (_, child) = start(&scene, &PATIENT_RUN, output);
    wait_until_marked(&store);
    (scene, store, child, reader)
}

#[test]
fn points_wait_if_the_folder_of_the_file_is_missing() {
    let scene = scene("[report]\nto = ['local']\n[local]\nfile = 'missing/points.jsonl'\n");
    let folder = scene.folder().join("missing");

    let first = scene.run(&RUN).with_status(status(LINES, NO_FOLDER));
    let receipt = delivery(&first);
    assert_eq!((&receipt["left"], &receipt["unknown"]), (&1.into(), &0.into()), "{first}");

    fs::create_dir(&folder).unwrap();
    next_second();
    let second = scene.run(&RUN).with_status(0);
    assert_eq!(delivery(&second)["points_of_earlier_runs"], 1, "{second}");
    assert_eq!(count_values(&fs::read_to_string(folder.join("points.jsonl")).unwrap()), 2);
}

#[test]
fn lines_are_not_repeated_if_the_reader_has_ended() {
    for (place, settings) in SINKS {
        let scene = scene(settings);
        let (reader, writer) = UnixStream::pair().unwrap();
        drop(reader);

        let (command, child) = start(&scene, &RUN, writer.into());
        let ended = ProgramOutput::new(&command, child.wait_with_output().unwrap())
            .with_status(status(place, READER_ENDED));

        ended.says("some lines may have been written");
        check_next(&scene);
    }
}

#[test]
fn lines_are_not_repeated_if_nobody_reads_them() {
    for (place, settings) in SINKS {
        let scene = scene(settings);
        let (reader, output) = full_output();

        let (command, child) = start(&scene, &RUN, output);
        let ended =
            ProgramOutput::new(&command, child.wait_with_output().unwrap()).with_status(status(place, FULL));

        ended.says("does a process read from it?");
        drop(reader);
        check_next(&scene);
    }
}

#[test]
fn lines_are_not_repeated_if_the_process_is_killed_before_writing() {
    for (_, settings) in SINKS {
        let (scene, _store, child, mut reader) = blocked(settings);

        kill(child);

        let mut written = String::new();
        reader.read_to_string(&mut written).unwrap();
        assert_eq!(count_values(&written), 0, "{written}");
        check_next(&scene);
    }
}

#[test]
fn lines_are_not_repeated_if_the_process_is_killed_after_writing() {
    for (_, settings) in SINKS {
        let (scene, store, child, mut reader) = blocked(settings);
        // With this lock, the run cannot record that it has written its points.
        store.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut written = Vec::new();
        while !written.ends_with(b"}\n") {
            let mut buffer = [0; 4096];
            let length = reader.read(&mut buffer).unwrap();
            assert_ne!(length, 0, "the run ended before it was killed");
            written.extend_from_slice(&buffer[..length]);
        }

        kill(child);

        assert_eq!(count_values(&String::from_utf8(written).unwrap()), 1);
        drop(store);
        check_next(&scene);
    }
}
