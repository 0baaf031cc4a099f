//! Processes that are killed, and processes that write at the same time.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use rusqlite::Connection;
use system_health_state::Store;

use crate::harness::report;

/// Makes the test below the process that is killed.
const FOLDER: &str = "STATE_OF_THE_VICTIM";
/// Where its clock starts.
const START: &str = "START_OF_THE_VICTIM";
const POINTS: usize = 50;

#[test]
fn the_victim() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let store = Store::open(Path::new(&folder)).unwrap().store;
    let values = [1.0; POINTS];
    for seconds in env::var(START).unwrap().parse().unwrap().. {
        store.record(&report(seconds, &values), Some("datadog")).unwrap();
        println!("\nrecorded");
    }
}

#[test]
fn a_killed_process_leaves_whole_runs() {
    let folder = tempfile::tempdir().unwrap();
    for kills in 1..=5 {
        let mut victim = Command::new(env::current_exe().unwrap())
            .args(["--exact", "crash::the_victim", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(START, (kills * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(victim.stdout.take().unwrap()).lines().map(Result::unwrap);
        // Somewhere behind the third run, and each time somewhere else.
        let _ = lines.filter(|line| line == "recorded").nth(2 + kills);
        victim.kill().unwrap();
        victim.wait().unwrap();
    }

    let opened = Store::open(folder.path()).unwrap();

    assert_eq!(opened.moved_aside, None);
    let file = Connection::open(folder.path().join(Store::FILE)).unwrap();
    let verdict: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let waiting = usize::try_from(opened.store.waiting("datadog").unwrap()).unwrap();
    assert!(waiting >= 5 * 3 * POINTS && waiting.is_multiple_of(POINTS), "{waiting}");
}

#[test]
fn two_processes_may_write_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for start in [0, 20] {
            // Connections of their own, as in processes of their own.
            let folder = folder.path();
            scope.spawn(move || {
                let store = Store::open(folder).unwrap().store;
                for seconds in start..start + 20 {
                    store.record(&report(seconds, &[1.0, 2.0]), Some("datadog")).unwrap();
                }
            });
        }
    });

    assert_eq!(Store::open(folder.path()).unwrap().store.waiting("datadog").unwrap(), 80);
}
