//! `report --push`, `--dry-run` and `doctor` with OTLP.
#![cfg(feature = "otlp")]

use std::time::Duration;

use serde_json::{Value, json};
use system_health_test_support::{
    scene::Scene,
    server::{Answer, Server},
};

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("hotfix", Duration::from_mins(1))
}

fn receiver() -> Server {
    Server::start(|_| Answer::text(200, "application/x-protobuf", ""))
}

#[test]
fn the_standard_variables_of_opentelemetry_are_enough_for_a_push() {
    let server = receiver();
    let scene = scene()
        .variable("OTEL_EXPORTER_OTLP_ENDPOINT", server.url())
        .variable("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter22hunter22");

    let ended = scene.run(&["--push", "--no-self-metrics", "--only", "commits.hotfix"]).with_status(0);

    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{ended}");
    assert_eq!(requests[0].line(), "POST /v1/metrics");
    assert_eq!(requests[0].header("api-key"), Some("hunter22hunter22"));
    assert!(!ended.stderr().contains("hunter22") && !ended.stdout().contains("hunter22"), "{ended}");
}

#[test]
fn a_dry_run_shows_the_request() {
    let scene = scene()
        .file("system-health.toml", "[report]\nname = 'acme/shop'\n[otlp]\nendpoint = 'http://127.0.0.1:1'\n")
        .variable("OTEL_SERVICE_NAME", "shop");

    let shown = scene.run(&["--dry-run", "--to", "otlp", "--only", "commits.hotfix"]).with_status(0).stdout();

    let shown: Value = serde_json::from_str(&shown).unwrap();
    let text = shown.to_string();
    assert!(text.contains(r#""name":"commits.hotfix","unit":"{commit}""#), "{text}");
    let attribute = json!({ "key": "service.instance.id", "value": { "stringValue": "acme/shop" } });
    assert!(text.contains(&attribute.to_string()), "{text}");
    let service = json!({ "key": "service.name", "value": { "stringValue": "shop" } });
    assert!(text.contains(&service.to_string()), "{text}");
}

#[test]
fn wrong_settings_are_refused_before_anything_is_collected() {
    for (settings, message) in [
        ("[report]\nto = ['otlp']\n", "set `endpoint` in [otlp], or OTEL_EXPORTER_OTLP_ENDPOINT"),
        (
            "[otlp]\nheaders = 'key=hunter22'\n",
            "system-health.toml:2:1: `headers` in [otlp]: headers contain secrets",
        ),
        (
            "[otlp]\nendpoint = 'collector:4318'\n",
            "system-health.toml:2:1: `endpoint` in [otlp]: it does not start",
        ),
    ] {
        let ended = scene().file("system-health.toml", settings).run(&["--push"]).with_status(2);

        ended.says(message);
        assert!(!ended.stderr().contains("hunter22"), "{}", ended.stderr());
    }
}

#[test]
fn doctor_names_the_port_of_another_protocol() {
    let scene = scene().variable("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317");

    let ended = scene.run(&["doctor"]);

    assert!(ended.stdout().contains("port 4317 is usually for OTLP over gRPC"), "{ended}");
}
