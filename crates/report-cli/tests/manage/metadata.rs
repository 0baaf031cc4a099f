//! `report metadata`.

use serde_json::{Value, json};
use system_health_test_support::datadog::{self, DatadogIntake};

use crate::{assert_matches_api_description, scene, writes};

fn state(rows: &Value, key: &str) -> Value {
    rows.as_array().unwrap().iter().find(|row| row["metric"] == key).unwrap()["state"].clone()
}

#[test]
fn metadata_is_printed_with_datadogs_units() {
    let intake = DatadogIntake::start();

    let printed = scene(&intake).run(&["metadata"]).with_status(0).json();

    let hotfix = printed.as_array().unwrap().iter().find(|row| row["metric"] == "commits.hotfix").unwrap();
    assert_eq!(hotfix["type"], "gauge");
    assert_eq!(hotfix["unit"], "commit");
    assert!(hotfix["description"].as_str().unwrap().starts_with("Hotfixes that landed"), "{hotfix}");
    assert_eq!(intake.server().requests().len(), 0);
}

#[test]
fn a_second_push_writes_nothing() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let unknown = scene.run(&["metadata", "--push"]).with_status(0);
    unknown.says("push a report first");
    assert_eq!(state(&unknown.json(), "commits.hotfix"), "unknown");
    assert_eq!(writes(&intake), [""; 0]);

    let _ = scene.run(&["--push"]).with_status(0);
    let updated = scene.run(&["metadata", "--push"]).with_status(0).json();
    assert_eq!(state(&updated, "commits.hotfix"), "updated");
    assert_eq!(state(&updated, "ci.tests_passing_on_main"), "unknown", "it had no data");
    let known = intake.metadata("commits.hotfix").unwrap();
    assert_eq!((&known["type"], &known["unit"]), (&json!("gauge"), &json!("commit")));
    let written = writes(&intake).len();

    let kept = scene.run(&["metadata", "--push"]).with_status(0).json();
    assert_eq!(state(&kept, "commits.hotfix"), "kept");
    assert_eq!(writes(&intake).len(), written);
}

#[test]
fn a_push_that_fails_half_way_shows_what_was_updated() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["--push"]).with_status(0);
    let failing = "system_health.reporter.metrics";
    intake.server().fail(&format!("PUT /api/v1/metrics/{failing}"), datadog::error(400, "no such unit"));

    let failed = scene.run(&["metadata", "--push"]).with_status(3);

    let rows = failed.json();
    let updated = rows.as_array().unwrap().iter().filter(|row| row["state"] == "updated").count();
    assert_eq!(
        updated,
        writes(&intake).iter().filter(|request| request.starts_with("PUT")).count() - 1,
        "{rows}"
    );
    assert_eq!((state(&rows, "commits.hotfix"), state(&rows, failing)), (json!("updated"), json!("failed")));
    assert!(rows.as_array().unwrap().iter().any(|row| row["state"] == "skipped"), "{rows}");
    failed.says(&format!("cannot push the metadata of {failing} ({}): ", shown_counts(&rows)));
    failed.says("no such unit");
}

/// The numbers of rows in each state, as the error message shows them.
fn shown_counts(rows: &Value) -> String {
    let rows = rows.as_array().unwrap();
    let count = |state: &str| rows.iter().filter(|row| row["state"] == state).count();
    let states = ["updated", "kept", "unknown", "failed", "skipped"];
    assert_eq!(states.map(count).iter().sum::<usize>(), rows.len());
    let counts = states.iter().filter(|state| count(state) > 0);
    let counts: Vec<String> = counts.map(|state| format!("{} {state}", count(state))).collect();
    format!("of {} metrics: {}", rows.len(), counts.join(", "))
}

#[test]
fn several_concurrent_failures_are_counted() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["--push"]).with_status(0);
    let printed = scene.run(&["metadata"]).with_status(0).json();
    for row in printed.as_array().unwrap() {
        let request = format!("PUT /api/v1/metrics/{}", row["metric"].as_str().unwrap());
        intake.server().fail(&request, datadog::error(403, "Forbidden"));
    }

    let failed = scene.run(&["metadata", "--push"]).with_status(3);
    let rows = failed.json();
    let table = scene.run(&["metadata", "--push", "--format", "table"]).with_status(3);

    let count = rows.as_array().unwrap().iter().filter(|row| row["state"] == "failed").count();
    assert!(count > 1, "{rows}");
    failed.says(&format!("({}): ", shown_counts(&rows)));
    assert!(table.stdout().contains("skipped"), "{table}");
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn requests_match_datadogs_api_description() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["--push"]).with_status(0);

    let _ = scene.run(&["metadata", "--push"]).with_status(0);

    assert_matches_api_description(&intake);
}
