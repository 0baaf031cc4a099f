//! Runs, and what the server shows of them.

use serde_json::Value;
use system_health_test_support::server::{Answer, Server};

use crate::{scene, serve};

const NO_SELF_METRICS: &str = "[report]\nself_metrics = false\n";

#[test]
fn the_server_shows_the_last_run_the_history_and_the_catalog() {
    let scene = scene(NO_SELF_METRICS);
    let service = serve(&scene, &["--only", "commits.hotfix"]);

    let ready = service.get_until("/readyz", 200);

    assert_eq!(ready.body, "ready\n");
    let report = service.get("/api/v1/report", "").json();
    assert_eq!(report["metrics"][0]["key"], "commits.hotfix");
    assert_eq!(report["metrics"][0]["samples"][0]["value"], 1);
    let history = service.get("/api/v1/history?key=commits.hotfix&since=1h", "").json();
    let printed = scene.run(&["history", "commits.hotfix", "--format", "json"]).with_status(0).json();
    assert_eq!(history, printed);
    assert_eq!(history.as_array().map(Vec::len), Some(1));
    let listed = scene.run(&["list", "--format", "json"]).with_status(0).json();
    assert_eq!(service.get("/api/v1/catalog", "").json(), listed["metrics"]);
    assert_eq!(service.get("/api/v1/history?key=commits.hotfx", "").status, 404);
}

#[test]
fn the_flag_check_says_whether_the_service_is_ready() {
    let scene = scene(NO_SELF_METRICS);
    let service = serve(&scene, &["--only", "commits.hotfix"]);
    let _ = service.get_until("/readyz", 200);
    let check = |address: &str| scene.run(&["serve", "--check", "--listen", address]);

    let _ = check(service.address()).with_status(0);
    let _ = check(&service.address().replace("127.0.0.1", "0.0.0.0")).with_status(0);

    let address = service.address().to_owned();
    drop(service);
    check(&address).with_status(1).says("cannot ask the service at http://127.0.0.1:");
}

#[test]
fn the_page_and_the_trace_of_the_last_run_are_shown() {
    let scene = scene(NO_SELF_METRICS)
        .variable("DD_TRACE_ENABLED", "true")
        .variable("DD_TRACE_AGENT_URL", "http://127.0.0.1:9");
    let service = serve(&scene, &["--only", "commits.hotfix"]);
    let _ = service.get_until("/readyz", 200);

    let page = service.get("/", "");
    assert!(page.head.to_lowercase().contains("content-type: text/html"), "{}", page.head);
    assert!(page.body.starts_with("<!doctype html>"), "{}", page.body);

    let report = service.get("/api/v1/report", "").json();
    let id = report["run"]["trace_id"].as_str().unwrap();
    let trace = service.get(&format!("/api/v1/traces/{id}"), "").json();
    assert_eq!((&trace["trace_id"], &trace["spans"][0]["name"]), (&id.into(), &"system_health.run".into()));
    assert_eq!(service.get("/api/v1/traces/0123456789abcdef0123456789abcdef", "").status, 404);
}

#[test]
fn without_a_destination_the_values_are_only_shown() {
    let scene = scene("");
    let mut service = serve(&scene, &["--only", "commits.*"]);

    service.wait_for_line(": values ");
    let ready = service.get_until("/readyz", 200);

    assert_eq!(ready.status, 200);
    let report = service.get("/api/v1/report", "").json();
    assert_eq!(report["deliveries"], Value::Array(Vec::new()));
    let metrics = service.get("/metrics", "").body;
    assert!(metrics.contains("\ncommits_hotfix{"), "{metrics}");
    assert!(metrics.contains("\nsystem_health_reporter_skipped_slots{"), "{metrics}");
}

#[test]
fn values_are_delivered_to_the_destination() {
    let backend = Server::start(|_| Answer::text(204, "text/plain", ""));
    let settings = format!("{NO_SELF_METRICS}[prometheus]\nremote_write = '{}/write'\n", backend.url());
    let scene = scene(&settings);
    let service = serve(&scene, &["--to", "prometheus", "--every", "1h"]);

    let _ = service.get_until("/readyz", 200);

    let delivery = service.get("/api/v1/report", "").json()["deliveries"][0].clone();
    assert_eq!((&delivery["sink"], &delivery["state"]), (&"prometheus".into(), &"accepted".into()));
    assert!(backend.requests().iter().any(|request| request.path() == "/write"));
}

#[test]
#[ignore = "waits for slots of 10 seconds"]
fn a_slot_that_starts_during_a_run_is_skipped_and_reported() {
    let backend = Server::start(|_| Answer::text(204, "text/plain", ""));
    backend.set_latency(std::time::Duration::from_secs(13));
    let settings = format!("[prometheus]\nremote_write = '{}/write'\n", backend.url());
    let arguments = ["--to", "prometheus", "--every", "10s", "--deadline", "60s", "--only", "commits.*"];
    let scene = scene(&settings);
    let mut service = serve(&scene, &arguments);

    service.wait_for_line("is skipped, because the run of");
    // The next run is short.
    backend.set_latency(std::time::Duration::ZERO);
    service.wait_for_line(": values ");
    service.wait_for_line(": values ");

    let metrics = service.get("/metrics", "").body;
    let skipped =
        metrics.lines().find(|line| line.starts_with("system_health_reporter_skipped_slots{")).unwrap();
    assert!(!skipped.ends_with(" 0"), "{skipped}");
}
