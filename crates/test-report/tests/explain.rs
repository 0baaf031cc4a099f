//! Evidence is shown in all output formats, and is not part of delivered points.

use std::path::Path;

use serde_json::{Value, json};
use system_health_test_support::{
    datadog::DatadogIntake,
    scene::{Scene, next_second},
    tools::run_contract_script,
};

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_test-report"))
}

#[test]
fn the_table_lists_items_that_counted_and_items_that_did_not() {
    let scene = scene();

    let shown = scene.run(&["explain", "test.evidence", "--format", "table"]).with_status(0).stdout();

    let start = "test.evidence: 312 message, goal < 5 missed
  Tags: queue:mail
  Link: https://mail.example.com
  Counted: 50 of 312 shown
    + message 0 of @ada </details> %%%
        it waits
        https://mail.example.com/0
";
    assert!(shown.starts_with(start), "{shown}");
    let not_counted = "  Not counted: 4
    - message 312 of @ada </details> %%%
        it was read
        https://mail.example.com/312
";
    assert!(shown.contains(not_counted), "{shown}");
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn a_terminal_gets_colour_unless_no_color_is_set() {
    let explain = ["explain", "test.evidence", "--no-progress"];

    let colourful = scene().variable("TERM", "xterm").run_on_a_terminal(&explain);
    let plain = scene().variable("TERM", "xterm").variable("NO_COLOR", "1").run_on_a_terminal(&explain);

    assert!(colourful.contains("\u{1b}[") && colourful.contains("missed"), "{colourful}");
    assert!(!plain.contains('\u{1b}') && plain.contains("goal < 5 missed"), "{plain}");
}

#[test]
fn no_data_and_errors_are_explained() {
    let ended =
        scene().run(&["explain", "test.evidence.none", "test.error", "test.value", "--format", "table"]);

    let expected = "test.error: error
  this collector always fails

test.evidence.none: no data
  all messages are locked
  Counted: 0
  Not counted: 1
    - message 1
        it is locked

test.value: 7
";
    assert_eq!(ended.with_status(1).stdout(), expected);
}

#[test]
fn the_json_document_contains_evidence() {
    let ended = scene().run(&["--only", "test.evidence*", "--only", "test.value"]).with_status(0);

    let evidence = &ended.metric("test.evidence")["samples"][0]["evidence"];
    assert_eq!((&evidence["counted"], &evidence["total"]), (&json!(312), &json!(316)));
    assert_eq!(evidence["items"].as_array().unwrap().len(), 54);
    let expected = json!({
        "counted": 0,
        "total": 1,
        "items": [{ "title": "message 1", "counted": false, "reason": "it is locked", "link": null }],
    });
    assert_eq!(ended.metric("test.evidence.none")["evidence"], expected);
    let mut sample = ended.metric("test.value")["samples"][0].clone();
    assert!(sample.as_object_mut().unwrap().remove("tags").is_some(), "{sample}");
    assert_eq!(sample, json!({ "value": 7, "link": null }));
}

#[test]
fn the_markdown_block_is_bounded_and_escaped() {
    let run = ["--only", "test.evidence*", "--format", "markdown"];
    let shown = scene().run(&run).with_status(0).stdout();

    let block = "<details>
<summary>Evidence of <code>test.evidence</code>: 312 counted, 4 did not count</summary>

Counted: 10 of 312 shown

- [`message 0 of @ada </details> %%%`](https://mail.example.com/0): it waits
";
    assert!(shown.contains(block), "{shown}");
    assert_eq!(shown.lines().filter(|line| line.starts_with("- ")).count(), 10 + 4 + 1, "{shown}");
    assert_eq!(shown.lines().filter(|line| *line == "</details>").count(), 2, "{shown}");
    let all = scene().run(&["explain", "test.evidence", "--format", "markdown"]).with_status(0).stdout();
    assert!(all.contains("Counted: 50 of 312 shown") && all.contains("<details open>"), "{all}");
}

#[test]
fn evidence_is_in_the_event_of_a_flip_but_not_in_points() {
    let intake = DatadogIntake::start();
    let push = |scene: Scene, messages: &str| {
        let scene = scene.variable("TEST_MESSAGES", messages);
        next_second();
        let _ = scene.run(&["--push", "--only", "test.evidence"]).with_status(0);
        scene
    };
    let scene = scene().variable("DD_URL", intake.url()).variable("DD_API_KEY", DatadogIntake::KEY);

    let scene = push(push(scene, "0"), "312");

    let payloads = Value::from(intake.payloads()).to_string();
    assert!(payloads.contains("test.evidence"));
    assert!(!payloads.contains("message 0") && !payloads.contains("mail.example.com"), "{payloads}");
    let [event] = &intake.events()[..] else { panic!("{:?}", intake.events()) };
    let text = event["text"].as_str().unwrap();
    let items = "Counted (5 of 312):

- [`message 0 of @\u{200b}ada </details> %\u{200b}%%`](https://mail.example.com/0): it waits
- ";
    assert!(text.contains(items), "{text}");
    assert_eq!(text.matches("%%%").count(), 2, "only where the Markdown starts and ends: {text}");
    let history = scene.run(&["history", "--format", "json"]).with_status(0).stdout();
    assert!(history.contains("312") && !history.contains("message 0"), "{history}");
}

#[test]
fn many_samples_without_evidence_do_not_mention_it() {
    let shown =
        scene().variable("TEST_SAMPLES", "1000").run(&["--only", "test.many"]).with_status(0).stdout();

    assert!(!shown.contains("evidence"));
}

#[test]
#[ignore = "needs a schema validator: run cargo xtask test"]
fn evidence_matches_the_schema() {
    let good = scene().run(&["--only", "test.evidence*"]).with_status(0).json();
    let change = |pointer: &str, value: Value| {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    let evidence = "/metrics/0/samples/0/evidence";
    let documents = [
        good.clone(),
        change(&format!("{evidence}/counted"), "many".into()),
        change(&format!("{evidence}/items"), json!([])),
        change(&format!("{evidence}/items/0/counted"), Value::Null),
        change(&format!("{evidence}/items/0/link"), "javascript:alert(1)".into()),
        change("/metrics/1/evidence", json!({})),
    ];

    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let input = serde_json::to_vec(&documents).unwrap();
    let faults: Vec<Vec<String>> =
        serde_json::from_str(&run_contract_script("json_schema_check.py", &[&schema], &input)).unwrap();

    assert_eq!(faults[0], [""; 0]);
    assert!(faults[1..].iter().all(|faults| !faults.is_empty()), "{faults:#?}");
}
