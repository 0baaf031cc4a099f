//! What a program writes to its standard output: the names of its own commands, events and tags, but nothing that collectors print.

use std::path::Path;

use serde_json::Value;
use system_health_test_support::{scene::Scene, tools::run_contract_script};

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_test-report"))
}

#[test]
fn texts_do_not_name_commands_of_another_program() {
    let rules = ["monitors", "--for", "prometheus"];
    let grafana = ["dashboard", "--for", "grafana"];
    for arguments in [&["init", "--stdout"][..], &rules, &grafana, &["list", "--format", "markdown"]] {
        let ended = scene().run(arguments).with_status(0);

        let text = ended.stdout();
        assert!(!text.contains("`report ") && !text.contains("`report`"), "{ended}");
    }
    let rules = scene().run(&rules).stdout();
    assert!(rules.starts_with("# Created by `test-report monitors --for prometheus` from"), "{rules}");
}

#[cfg(unix)]
#[test]
fn the_output_of_a_collector_is_not_in_the_document() {
    let ended = scene().run(&["--only", "test.prints"]).with_status(0);

    assert_eq!(ended.metric("test.prints")["samples"][0]["value"], 7.0);
    ended.says("this collector prints");
}

#[cfg(unix)]
#[test]
fn the_output_of_a_collector_is_not_among_the_delivered_lines() {
    let scene = scene().file("system-health.toml", "[local]\nstdout = true\n");

    let ended = scene.run(&["--push", "--to", "local", "--no-self-metrics", "--only", "test.prints"]);

    let line: Value = serde_json::from_str(&ended.with_status(0).stdout()).unwrap();
    assert_eq!(line["key"], "test.prints");
}

#[cfg(unix)]
#[test]
fn the_reason_of_the_status_is_logged_if_a_sink_writes_to_the_terminal() {
    let scene = scene().file("system-health.toml", "[local]\nstdout = true\n");
    let run =
        ["--push", "--to", "local", "--no-self-metrics", "--no-progress", "--only", "test.error,test.value"];

    let screen = scene.run_on_a_terminal(&run);

    assert!(screen.contains("test.value"), "{screen}");
    assert!(screen.contains("this collector always fails"), "{screen}");
}

#[test]
fn events_are_shown_without_a_sink() {
    let run = |format| scene().run(&["--only", "test.event", "--format", format]).with_status(0);

    let json = run("json").json();
    let [event] = &json["events"].as_array().unwrap()[..] else { panic!("{json:#}") };
    assert_eq!((&event["id"], &event["level"]), (&"deploy-1207".into(), &"info".into()));
    let tags = event["tags"].to_string();
    assert!(tags.contains("\"team:shop\"") && tags.contains("\"env:development\""), "{tags}");
    assert_eq!(event["time"], json["run"]["timestamp"]);
    let table = run("table").stdout();
    assert!(table.contains("\nEvents\n") && table.contains("info: Deployed version 4.2"), "{table}");
    let markdown = run("markdown").stdout();
    assert!(markdown.contains("<summary>Events: 1</summary>"), "{markdown}");
}

#[test]
fn explain_shows_events_in_all_formats() {
    let explain = |format| scene().run(&["explain", "test.event", "--format", format]).with_status(0);

    let json = explain("json").json();
    assert_eq!(json["events"][0]["id"], "deploy-1207", "{json:#}");
    let table = explain("table").stdout();
    assert!(table.contains("\nEvents\n") && table.contains("info: Deployed version 4.2"), "{table}");
    let markdown = explain("markdown").stdout();
    assert!(markdown.contains("<summary>Events: 1</summary>"), "{markdown}");
}

#[test]
#[ignore = "needs a schema validator: run cargo xtask test"]
fn events_match_the_schema() {
    let good = scene().run(&["--only", "test.event"]).with_status(0).json();
    let mut undocumented = good.clone();
    undocumented["events"][0]["colour"] = "red".into();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let input = serde_json::to_vec(&[good, undocumented]).unwrap();

    let faults: Vec<Vec<String>> =
        serde_json::from_str(&run_contract_script("json_schema_check.py", &[&schema], &input)).unwrap();

    assert_eq!(faults[0], [""; 0]);
    assert!(!faults[1].is_empty());
}

#[test]
fn the_tags_of_a_metric_are_also_in_its_samples() {
    let ended = scene().variable("TEST_SAMPLES", "1").run(&["--only", "test.many"]).with_status(0);

    let metric = ended.metric("test.many");

    for tags in [&metric["tags"], &metric["samples"][0]["tags"]] {
        assert!(tags.as_array().unwrap().contains(&"team:platform".into()), "{metric:#}");
    }
}
