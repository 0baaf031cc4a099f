//! Killed processes and concurrent processes.

use std::{
    collections::BTreeSet,
    env,
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
};

use rusqlite::Connection;
use system_health_state::{PendingId, PendingPoint, Store};

use crate::harness::{at, report};

/// The environment variable with the state folder of a child process. Without it, the tests that are run as child
/// processes do nothing.
const FOLDER: &str = "TEST_STATE_FOLDER";
/// The environment variable with a number: for `child_that_records`, the time of its first run in seconds. For
/// `child_that_delivers`, the number of its run.
const NUMBER: &str = "TEST_NUMBER";
const POINTS: usize = 50;

#[test]
fn child_that_records() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let store = Store::open(Path::new(&folder)).unwrap().store;
    let values = [1.0; POINTS];
    for seconds in env::var(NUMBER).unwrap().parse().unwrap().. {
        store.record(&report(seconds, &values), &["datadog"]).unwrap();
        println!("\nrecorded");
    }
}

fn start(test: &str, folder: &Path, number: usize) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .env(NUMBER, number.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_process_leaves_only_complete_runs() {
    let folder = tempfile::tempdir().unwrap();
    for kills in 1..=5 {
        let mut child = start("crash::child_that_records", folder.path(), kills * 1_000_000);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        // When a process is killed, it has recorded at least `3 + kills` runs.
        let _ = lines.filter(|line| line == "recorded").nth(2 + kills);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    let opened = Store::open(folder.path()).unwrap();

    assert_eq!(opened.moved_aside, None);
    let file = Connection::open(folder.path().join(Store::FILE_NAME)).unwrap();
    let verdict: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let waiting = usize::try_from(opened.store.pending_count("datadog").unwrap()).unwrap();
    let at_least: usize = (1..=5).map(|kills| 3 + kills).sum();
    assert!(waiting >= at_least * POINTS && waiting.is_multiple_of(POINTS), "{waiting}");
}

#[test]
fn two_connections_can_write_concurrently() {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for start in [0, 20] {
            // Each thread has its own connection.
            let folder = folder.path();
            scope.spawn(move || {
                let store = Store::open(folder).unwrap().store;
                for seconds in start..start + 20 {
                    store.record(&report(seconds, &[1.0, 2.0]), &["datadog"]).unwrap();
                }
            });
        }
    });

    assert_eq!(Store::open(folder.path()).unwrap().store.pending_count("datadog").unwrap(), 80);
}

/// A destination where a repeated point overwrites the first.
const OVERWRITES: &str = "datadog";
/// A destination where repeated points are added up.
const ADDS_UP: &str = "statsd";

/// Adds points to a backend that outlives the processes: a file with a line for each point.
fn arrive(folder: &Path, backend: &str, points: &[PendingPoint]) {
    let mut file = OpenOptions::new().create(true).append(true).open(folder.join(backend)).unwrap();
    for pending in points {
        writeln!(file, "{}", pending.point.value.number().unwrap()).unwrap();
    }
}

fn arrived(folder: &Path, backend: &str) -> Vec<u64> {
    let lines = fs::read_to_string(folder.join(backend)).unwrap();
    lines.lines().map(|line| line.parse().unwrap()).collect()
}

fn ids(points: &[PendingPoint]) -> Vec<PendingId> {
    points.iter().map(|pending| pending.id).collect()
}

/// One run that delivers to both destinations. `step` is called after each of its actions.
fn run_once(folder: &Path, number: u64, mut step: impl FnMut()) {
    let store = Store::open(folder).unwrap().store;
    let values: Vec<f64> =
        (0..6_u32).map(|index| f64::from(u32::try_from(number).unwrap() * 10 + index)).collect();
    store.record(&report(number, &values), &[OVERWRITES, ADDS_UP]).unwrap();
    step();
    let waiting = store.pending(OVERWRITES, 1_000, None).unwrap();
    for part in waiting.chunks(4) {
        arrive(folder, OVERWRITES, part);
        step();
        store.settle(OVERWRITES, &ids(part)).unwrap();
        step();
    }
    let waiting = store.pending(ADDS_UP, 1_000, None).unwrap();
    let allowed = store.begin_sending(ADDS_UP, &ids(&waiting), at(number)).unwrap();
    assert_eq!(allowed, ids(&waiting), "no other process sends them");
    step();
    for (index, part) in waiting.chunks(2).enumerate() {
        // The second part cannot be delivered.
        if index == 1 {
            store.return_to_outbox(ADDS_UP, &ids(part)).unwrap();
        } else {
            arrive(folder, ADDS_UP, part);
            step();
            store.settle(ADDS_UP, &ids(part)).unwrap();
        }
        step();
    }
}

#[test]
fn child_that_delivers() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let number = env::var(NUMBER).unwrap().parse().unwrap();
    let mut steps = 0;
    run_once(Path::new(&folder), number, || {
        steps += 1;
        if steps == number {
            println!("\nreached");
            thread::park();
        }
    });
}

#[test]
fn a_killed_run_loses_nothing_that_overwrites_and_repeats_nothing_that_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    // The run with the number n is killed after its step n. The last run has fewer than n steps and is not killed.
    let mut number = 0;
    let mut killed = true;
    while killed {
        number += 1;
        let mut sender = start("crash::child_that_delivers", folder.path(), number);
        let mut lines = BufReader::new(sender.stdout.take().unwrap()).lines().map(Result::unwrap);
        killed = lines.any(|line| line == "reached");
        if killed {
            sender.kill().unwrap();
        }
        assert_eq!(sender.wait().unwrap().success(), !killed);
    }
    assert!(number > 9, "{number} steps");

    let number = u64::try_from(number).unwrap() + 1;
    let store = Store::open(folder.path()).unwrap().store;
    let given_up = store.give_up_sending(ADDS_UP, at(number)).unwrap();
    run_once(folder.path(), number, || ());
    arrive(folder.path(), ADDS_UP, &store.pending(ADDS_UP, 1_000, None).unwrap());

    let recorded: BTreeSet<u64> =
        (1..=number).flat_map(|run| (0..6).map(move |index| run * 10 + index)).collect();
    assert_eq!(arrived(folder.path(), OVERWRITES).into_iter().collect::<BTreeSet<_>>(), recorded);
    let added = arrived(folder.path(), ADDS_UP);
    let distinct: BTreeSet<u64> = added.iter().copied().collect();
    assert_eq!(added.len(), distinct.len(), "a point arrived twice: {added:?}");
    let missing = (recorded.len() - distinct.len()) as u64;
    assert!(0 < missing && missing < given_up, "{missing} are missing, {given_up} may have arrived");
}

#[test]
fn two_connections_can_empty_an_outbox_concurrently() {
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<f64> = (0..60).map(f64::from).collect();
    Store::open(folder.path()).unwrap().store.record(&report(1, &values), &[ADDS_UP]).unwrap();
    let arrived = Mutex::new(Vec::new());

    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let store = Store::open(folder.path()).unwrap().store;
                loop {
                    let waiting = store.pending(ADDS_UP, 7, None).unwrap();
                    if waiting.is_empty() {
                        break;
                    }
                    let allowed = store.begin_sending(ADDS_UP, &ids(&waiting), at(1)).unwrap();
                    let sent = waiting.iter().filter(|pending| allowed.contains(&pending.id));
                    arrived.lock().unwrap().extend(sent.map(|pending| pending.point.value.number().unwrap()));
                    store.settle(ADDS_UP, &allowed).unwrap();
                }
            });
        }
    });

    let mut arrived = arrived.into_inner().unwrap();
    arrived.sort_by(f64::total_cmp);
    assert_eq!(arrived, values);
    assert_eq!(Store::open(folder.path()).unwrap().store.give_up_sending(ADDS_UP, at(9)).unwrap(), 0);
}
