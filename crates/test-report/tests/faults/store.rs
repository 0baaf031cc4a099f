//! If the store cannot be used, or the clock was wrong, the current run is still delivered. Without a state folder, points that
//! cannot be delivered are lost and counted.

use std::{fs, path::Path, process::Command};

use rusqlite::Connection;
use system_health_test_support::{
    datadog::error,
    scene::{Scene, next_second},
    wire::{FaultyServer, WireFault},
};

use crate::{
    network::ALWAYS,
    scenario::{Scenario, World, delivery, upstream},
};

const RUN: [&str; 6] = ["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "20s"];

pub(crate) fn scenarios() -> Vec<Scenario> {
    let row =
        |place, fault: &str, delivered| Scenario { place, fault: fault.to_owned(), delivered, status: 0 };
    vec![
        row("state folder", "the disk is full", "all"),
        row("state folder", "is read-only", "all"),
        row("state folder", "is a file", "all"),
        row("state folder", "holds a damaged file", "all"),
        row("state folder", "holds a file with any one page damaged", "all"),
        row("state folder", "is full, with points that wait", "all, with those that wait"),
        row("state folder", "is locked by another process", "all"),
        row("no state folder", "Datadog: 503 five times, then fine", "all"),
        Scenario {
            status: 3,
            ..row("no state folder", "Datadog: 503 until the deadline", "nothing; counted as lost")
        },
        Scenario { status: 3, ..row("no state folder", "Datadog: 404", "nothing; counted as lost") },
        row(
            "no state folder",
            "no metric has a value; Datadog: 503 five times, then fine",
            "the metrics about the reporter",
        ),
        row(
            "clock",
            "was an hour slow: points are too old",
            "the present run; the old points are counted and dropped",
        ),
        Scenario {
            status: 3,
            ..row("clock", "was an hour fast: points are ahead", "the present run; the others wait")
        },
    ]
}

fn state_folder(scene: &Scene) -> std::path::PathBuf {
    scene.folder().join(".state")
}

/// Runs a test with a file system mounted on a folder. Only root can mount it. Without root, the test prints that it was skipped.
fn mounted(folder: &Path, options: &[&str], run: impl FnOnce()) {
    fs::create_dir_all(folder).unwrap();
    let mount = Command::new("mount").args(options).arg(folder).output().unwrap();
    if !mount.status.success() {
        eprintln!("SKIPPED: {}", String::from_utf8_lossy(&mount.stderr));
        return;
    }
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    let unmounted = Command::new("umount").arg(folder).status().unwrap();
    assert!(unmounted.success());
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn the_run_is_delivered_if_the_disk_is_full() {
    let world = World::new();
    let scene = world.scene();
    mounted(&state_folder(&scene), &["-t", "tmpfs", "-o", "size=64k", "tmpfs"], || {
        fs::write(state_folder(&scene).join("other"), vec![0; 48 * 1024]).unwrap();

        let ended = scene.run(&RUN).with_status(0);

        ended.says("cannot keep state");
        ended.says("the disk is full");
        assert_eq!(world.delivered("test.value").len(), 1);
    });
}

#[test]
fn the_run_is_delivered_if_the_folder_is_read_only() {
    let world = World::new();
    let scene = world.scene();
    mounted(&state_folder(&scene), &["-t", "tmpfs", "-o", "ro", "tmpfs"], || {
        scene.run(&RUN).with_status(0).says("cannot keep state");
        assert_eq!(world.delivered("test.value").len(), 1);
    });
}

#[test]
fn the_run_is_delivered_if_the_folder_is_a_file() {
    let world = World::new();
    let scene = world.scene().file(".state", "");

    let ended = scene.run(&RUN).with_status(0);

    ended.says("cannot keep state");
    ended.says("points of this run that it cannot deliver are lost");
    assert_eq!(world.delivered("test.value").len(), 1);
}

#[test]
fn the_run_is_delivered_and_a_damaged_file_is_replaced() {
    let world = World::new();
    let scene = world.scene();
    let many = ["--only", "test.many"];
    let _ = scene.run(&many).with_status(0);
    let file = state_folder(&scene).join("state.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[4096..].fill(0xAB);
    fs::write(&file, bytes).unwrap();

    scene.run(&RUN).with_status(0).says("the state was damaged and is empty now");

    assert_eq!(world.delivered("test.value").len(), 1);
}

#[test]
fn the_run_is_delivered_if_any_page_of_the_store_is_damaged() {
    let pages = {
        let world = World::new();
        let scene = world.scene();
        let _ = scene.run(&RUN);
        fs::read(state_folder(&scene).join("state.db")).unwrap().len() / 4096
    };
    assert!(pages > 8, "{pages}");
    for page in 0..pages {
        let world = World::new();
        let scene = world.scene();
        let _ = scene.run(&RUN).with_status(0);
        let file = state_folder(&scene).join("state.db");
        let mut bytes = fs::read(&file).unwrap();
        bytes[page * 4096..(page + 1) * 4096].fill(0);
        fs::write(&file, bytes).unwrap();
        next_second();

        let ended = scene.run(&RUN).with_status(0);

        assert_eq!(world.delivered("test.value").len(), 2, "page {page}: {ended}");
    }
}

#[test]
fn waiting_points_are_delivered_if_the_disk_is_full() {
    let world = World::new();
    let scene = world.scene();
    mounted(&state_folder(&scene), &["-t", "tmpfs", "-o", "size=192k", "tmpfs"], || {
        world.intake.server().fail_times(1, "/api/v2/series", error(403, "Forbidden"));
        let _ = scene.run(&RUN).with_status(3);
        let _ = fs::write(state_folder(&scene).join("other"), vec![0; 192 * 1024]);
        next_second();

        let ended = scene.run(&RUN).with_status(0);

        ended.says("cannot keep state");
        assert_eq!(delivery(&ended)["points_of_earlier_runs"], 1, "{ended}");
        assert_eq!(world.delivered("test.value").len(), 2, "{ended}");
    });
}

#[test]
fn the_doctor_finds_a_full_disk_and_changes_nothing() {
    let world = World::new();
    // Some metrics of this program never finish, and the doctor waits for them until the deadline.
    let settings = "[repository]\nname = 'acme/shop'\nbranch = 'main'\n[report]\ndeadline = '5s'\n";
    let scene = world.scene().file("system-health.toml", settings);
    mounted(&state_folder(&scene), &["-t", "tmpfs", "-o", "size=192k", "tmpfs"], || {
        let _ = scene.run(&RUN).with_status(0);
        let before = fs::read(state_folder(&scene).join("state.db")).unwrap();
        assert!(!scene.run(&["doctor"]).stdout().contains("the disk is full"));
        let _ = fs::write(state_folder(&scene).join("other"), vec![0; 192 * 1024]);

        let ended = scene.run(&["doctor"]).with_status(1);

        assert!(ended.stdout().contains("the disk is full"), "{ended}");
        assert!(fs::read(state_folder(&scene).join("state.db")).unwrap() == before);
    });
}

#[test]
fn the_run_is_delivered_if_another_process_locks_the_store() {
    let world = World::new();
    let scene = world.scene();
    let _ = scene.run(&RUN).with_status(0);
    let store = Connection::open(state_folder(&scene).join("state.db")).unwrap();
    store.execute_batch("BEGIN EXCLUSIVE").unwrap();
    next_second();

    let run = ["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "12s"];
    let ended = scene.run(&run).with_status(0);

    ended.says("cannot keep state");
    assert_eq!(world.delivered("test.value").len(), 2, "{ended}");
}

#[test]
fn without_state_points_are_lost_only_if_the_outage_lasts() {
    for (times, deadline, status) in [(5, "2m", 0), (ALWAYS, "3s", 3)] {
        let world = World::new();
        world.intake.server().fail_times(times, "/api/v2/series", error(503, "Not now"));
        let run =
            ["--push", "--no-state", "--no-self-metrics", "--only", "test.value", "--deadline", deadline];

        let ended = world.scene().run(&run).with_status(status);

        assert_eq!(world.delivered("test.value").len(), usize::from(status == 0), "{ended}");
        assert_eq!(delivery(&ended)["lost"], u64::from(status != 0), "{ended}");
    }
}

#[test]
fn without_state_points_are_lost_after_an_unexpected_response() {
    let world = World::new();
    world.intake.server().fail("/api/v2/series", error(404, "Not Found"));
    let run = ["--push", "--no-state", "--no-self-metrics", "--only", "test.value"];

    let ended = world.scene().run(&run).with_status(3);

    assert_eq!(delivery(&ended)["lost"], 1, "{ended}");
    assert_eq!(world.intake.server().requests().len(), 1);
}

#[test]
fn without_state_self_metrics_outlast_a_short_outage() {
    let world = World::new();
    world.intake.server().fail_times(5, "/api/", error(503, "Not now"));
    let run = ["--push", "--no-state", "--only", "test.evidence.none", "--deadline", "2m"];

    let ended = world.scene().run(&run).with_status(0);

    assert_eq!(delivery(&ended)["lost"], 0, "{ended}");
    assert_eq!(world.delivered("system_health.reporter.run_duration_seconds").len(), 1, "{ended}");
}

/// Runs a delivery that fails, then shifts the time of the stored run, as if the clock had been wrong.
fn run_with_wrong_clock(world: &World, offset: &str) -> (Scene, FaultyServer) {
    let server = FaultyServer::start(WireFault::Refused, ALWAYS, upstream(&world.intake.url()));
    let scene = world.scene().variable("DD_URL", server.url());
    let first = scene.run(&["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "2s"]);
    let first = first.with_status(3);
    assert_eq!(delivery(&first)["left"], 1);
    let store = Connection::open(state_folder(&scene).join("state.db")).unwrap();
    store.execute(&format!("UPDATE runs SET timestamp = timestamp {offset}"), []).unwrap();
    (scene, server)
}

#[test]
fn points_that_are_too_old_are_counted_and_dropped() {
    let world = World::new();
    let (scene, server) = run_with_wrong_clock(&world, "- 3600");
    server.heal();

    let ended = scene.run(&RUN).with_status(0);

    assert_eq!(delivery(&ended)["expired"], 1);
    assert_eq!(delivery(&ended)["left"], 0);
    assert_eq!(world.delivered("test.value").len(), 1);
}

#[test]
fn points_of_the_future_wait_until_the_clock_is_right() {
    let world = World::new();
    let (scene, server) = run_with_wrong_clock(&world, "+ 3600");
    server.heal();

    let ended = scene.run(&RUN).with_status(3);

    assert_eq!(delivery(&ended)["left"], 1);
    assert_eq!(delivery(&ended)["series"], 1);
    ended.says("it was set back since then");
    let store = Connection::open(state_folder(&scene).join("state.db")).unwrap();
    store.execute("UPDATE runs SET timestamp = timestamp - 3600 WHERE id = 1", []).unwrap();
    next_second();
    let later = scene.run(&RUN).with_status(0);
    assert_eq!(delivery(&later)["points_of_earlier_runs"], 1);
}
