//! SIGHUP reads the settings again. SIGTERM and SIGINT stop the service cleanly.

use std::{fs, time::Duration};

use system_health_test_support::server::{Answer, Server};

use crate::{scene, serve};

#[test]
fn a_signal_ends_a_service_between_its_runs_with_status_0() {
    for signal in ["TERM", "INT"] {
        let scene = scene("");
        let mut service = serve(&scene, &["--only", "commits.*"]);
        service.wait_for_line(": values ");
        let address = service.address().to_owned();

        service.signal(signal);
        let (status, messages) = service.wait();

        assert_eq!(status, Some(0), "{messages}");
        assert!(
            messages.contains(&format!("listening on http://{address}, a run every 15m\n")),
            "{messages}"
        );
        assert!(messages.contains("the service delivers what it still has, and stops"), "{messages}");
    }
}

#[test]
fn wrong_settings_are_logged_with_their_line_and_not_used() {
    let scene = scene("");
    let mut service = serve(&scene, &["--only", "commits.*"]);
    service.wait_for_line(": values ");
    let file = scene.folder().join("system-health.toml");

    fs::write(&file, "[report]\ndeadlin = '1m'\n").unwrap();
    service.signal("HUP");
    let line = service.wait_for_line("the settings cannot be used, so the old ones stay in force");
    assert!(line.contains("system-health.toml:2") && line.contains("deadlin"), "{line}");
    assert_eq!(service.get("/readyz", "").status, 200);

    fs::write(&file, "[serve]\nevery = '10s'\n").unwrap();
    service.signal("HUP");
    service.wait_for_line("the settings were read again and apply from");
    service.signal("TERM");
    assert_eq!(service.wait().0, Some(0));
}

#[test]
#[ignore = "waits for a slot of 10 seconds"]
fn good_settings_apply_from_the_next_slot() {
    let scene = scene("[report]\nenv = 'old'\n");
    let mut service = serve(&scene, &["--only", "commits.hotfix", "--every", "10s"]);
    service.wait_for_line(": values ");
    fs::write(scene.folder().join("system-health.toml"), "[report]\nenv = 'new'\n").unwrap();

    service.signal("HUP");
    service.wait_for_line("the settings were read again");
    service.wait_for_line(": values ");
    service.wait_for_line(": values ");

    let tags = service.get("/api/v1/report", "").json()["run"]["tags"].clone();
    assert!(tags.as_array().unwrap().contains(&"env:new".into()), "{tags}");
}

#[test]
fn a_service_that_ends_keeps_the_points_of_a_slow_delivery() {
    let backend = Server::start(|_| Answer::text(204, "text/plain", ""));
    backend.set_latency(Duration::from_mins(2));
    let settings = format!(
        "[report]\nself_metrics = false\n[serve]\ngrace = '1s'\n[prometheus]\nremote_write = '{}/write'\n",
        backend.url()
    );
    let scene = scene(&settings);
    let arguments = ["--to", "prometheus", "--only", "commits.hotfix"];
    let service = serve(&scene, &arguments);
    let _ = backend.wait_for("POST /write");

    service.signal("TERM");
    let (status, messages) = service.wait();

    assert_eq!(status, Some(0), "{messages}");
    backend.set_latency(Duration::ZERO);
    let push = ["--push", "--to", "prometheus", "--only", "commits.reverts", "--format", "json"];
    let next = scene.run(&push).with_status(0).json();
    assert_eq!(next["deliveries"][0]["points_of_earlier_runs"], 1, "{next}");
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let backend = Server::start(|_| Answer::text(204, "text/plain", ""));
    backend.set_latency(Duration::from_mins(2));
    let settings =
        format!("[serve]\ngrace = '10m'\n[prometheus]\nremote_write = '{}/write'\n", backend.url());
    let scene = scene(&settings);
    let mut service = serve(&scene, &["--to", "prometheus", "--only", "commits.hotfix"]);
    let _ = backend.wait_for("POST /write");

    service.signal("TERM");
    service.wait_for_line("a second signal ends it at once");
    service.signal("INT");

    assert_eq!(service.wait().0, Some(130));
}
