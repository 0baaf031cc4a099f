//! `report --push` and `--dry-run` with Prometheus as the destination.
#![cfg(feature = "prometheus")]

use std::{
    fs,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use system_health_test_support::{
    scene::{Scene, next_second},
    server::{Answer, Server},
};

fn scene(settings: &str) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", Duration::from_mins(1))
        .file("system-health.toml", settings)
}

#[test]
fn a_run_without_values_removes_the_values_of_the_previous_run() {
    let scene = scene(
        "[report]\nself_metrics = false\nto = ['prometheus']\n[prometheus]\ntextfile = 'health.prom'\n",
    );
    let textfile = || fs::read_to_string(scene.folder().join("health.prom")).unwrap();
    let _ = scene.run(&["--push"]).with_status(0);
    assert!(textfile().contains("commits_hotfix{"), "{}", textfile());

    next_second();
    fs::rename(scene.folder().join(".git"), scene.folder().join("gone")).unwrap();
    let _ = scene.run(&["--push"]).with_status(1);

    assert_eq!(textfile(), "");
}

#[test]
fn warnings_and_errors_name_the_destination() {
    let unused_address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let table = format!("[prometheus]\npushgateway = 'http://{unused_address}'\ntextfile = 'health.prom'\n");

    let ended = scene(&table).run(&["--push", "--to", "prometheus", "--deadline", "8s"]).with_status(3);

    ended.says(&format!("PUT http://{unused_address}/metrics/job/system-health/reporter@base64/"));
    ended.says("; retrying in ");
    ended.says(&format!("not everything was delivered to prometheus (http://{unused_address})"));
    assert!(!ended.stderr().contains("health.prom)"), "{}", ended.stderr());
}

#[test]
fn points_of_a_failed_remote_write_are_delivered_by_the_next_run() {
    let busy = Arc::new(AtomicBool::new(true));
    let server = Server::start({
        let busy = Arc::clone(&busy);
        move |_| Answer::text(if busy.load(Ordering::SeqCst) { 429 } else { 204 }, "text/plain", "")
    });
    let url = format!("{}/api/v1/write", server.url());
    let scene = scene(&format!("[report]\nself_metrics = false\n[prometheus]\nremote_write = '{url}'\n"));
    let push = ["--push", "--to", "prometheus", "--deadline", "8s", "--format", "json"];
    let first = scene.run(&push).with_status(3).json();
    busy.store(false, Ordering::SeqCst);

    next_second();
    let second = scene.run(&push).with_status(0).json();

    let (first, second) = (&first["deliveries"][0], &second["deliveries"][0]);
    assert!(first["left"].as_u64().unwrap() > 0, "{first}");
    assert_eq!(second["points_of_earlier_runs"], first["left"], "{second}");
    assert_eq!(second["left"], 0, "{second}");
}

#[test]
fn a_dry_run_shows_what_a_push_writes() {
    let scene = scene("[report]\nname = 'acme/shop'\n[prometheus]\ntextfile = 'health.prom'\n");

    let shown =
        scene.run(&["--dry-run", "--to", "prometheus", "--only", "commits.*"]).with_status(0).stdout();
    let _ = scene.run(&["--push", "--to", "prometheus", "--only", "commits.*"]).with_status(0);

    let textfile = fs::read_to_string(scene.folder().join("health.prom")).unwrap();
    for line in textfile.lines() {
        assert!(shown.contains(&format!("{line:?}")), "{line} is not in {shown}");
    }
    assert!(textfile.contains("reporter=\"acme/shop\""), "{textfile}");
    assert!(!shown.contains("of system-health.\""), "each metric has its description: {shown}");
}

#[test]
fn wrong_settings_are_refused_before_anything_is_collected() {
    for (settings, message) in [
        (
            "[report]\nto = ['promtheus']\n",
            "system-health.toml:2:7: `to` in [report] names the sink `promtheus`",
        ),
        ("[report]\nto = []\n", "system-health.toml:2:1: `to` in [report]: no sink is named"),
        (
            "[report]\nto = ['prometheus']\n",
            "set `remote_write`, `pushgateway` or `textfile` in [prometheus]",
        ),
        ("[prometheus]\ntoken = 'hunter22'\n", "system-health.toml:2:1: `token` in [prometheus]: a secret"),
    ] {
        let ended = scene(settings).run(&["--push"]).with_status(2);

        ended.says(message);
        assert!(!ended.stderr().contains("hunter22"), "{}", ended.stderr());
    }
    let ended = scene("[prometheus]\npushgateway = 'http://127.0.0.1:1'\n")
        .variable("PUSHGATEWAY_TOKEN", "hunter22\nhunter22")
        .run(&["--push", "--to", "prometheus"])
        .with_status(2);
    ended.says(
        "environment variable PUSHGATEWAY_TOKEN: `token` in [prometheus]: the token contains a line break",
    );
    assert!(!ended.stderr().contains("hunter22"), "{}", ended.stderr());
}
