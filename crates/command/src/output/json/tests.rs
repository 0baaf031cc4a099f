use std::path::Path;

use serde_json::{Value, json};
use system_health_test_support::tools::run_contract_script;

use super::*;
use crate::output::fixture;

async fn document() -> Value {
    let report = fixture::run_thousand().await;
    serde_json::to_value(JsonReport::new(&report, &[])).unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_subject_has_an_entry_with_all_delivered_tags() {
    let document = document().await;

    let metrics = document["metrics"].as_array().unwrap();
    let entry = |key: &str, number: usize| {
        let subject = format!("acme/app-{number:04}");
        metrics.iter().find(|it| it["key"] == key && it["subject"] == *subject).unwrap()
    };
    assert_eq!(metrics.len(), 3 * 1_000 + 2);
    let failed = entry("commits.hotfix", 5);
    assert_eq!(failed["error"], "connection refused");
    assert_eq!(failed["tags"], json!(["env:test", "repository:acme/app-0005"]));
    let reverts = entry("commits.reverts", 317);
    assert_eq!(reverts["samples"][0]["tags"], json!(["branch:main", "env:test", "repository:acme/app-0317"]));
    assert_eq!(
        reverts["failures"],
        json!([{"tags": ["branch:gone", "env:test", "repository:acme/app-0317"], "error": "404 Not Found"}])
    );
    assert_eq!(
        document["sources"],
        json!([
            {
                "name": "prometheus", "state": "error", "duration_ms": 0,
                "error": "cannot ask http://prometheus:9090: connection refused"
            },
            {
                "name": "warehouse", "state": "value", "metrics": 2, "duration_ms": 0,
                "refused": ["the key `commits.hotfix` is used elsewhere; rename one of the metrics"]
            }
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn a_metric_whose_items_all_failed_has_the_error_of_each_item() {
    let document =
        serde_json::to_value(JsonReport::new(&fixture::run_with_failed_items().await, &[])).unwrap();

    let entry =
        |key: &str| document["metrics"].as_array().unwrap().iter().find(|it| it["key"] == key).unwrap();
    assert_eq!(entry("queue.length")["state"], "error");
    assert_eq!(
        entry("queue.length")["failures"],
        json!([
            {"tags": ["env:test", "queue:mail"], "error": "connection refused"},
            {"tags": ["env:test", "queue:print"], "error": "404 Not Found"}
        ])
    );
}

#[test]
fn a_receipt_tells_what_became_of_the_points() {
    let mut receipt = Receipt::default();
    (receipt.accepted, receipt.superseded, receipt.repeated) = (3, 2, 7);

    let json = serde_json::to_value(JsonReceipt::new(&receipt)).unwrap();

    assert_eq!((&json["series"], &json["superseded"], &json["repeated"]), (&json!(3), &json!(2), &json!(7)));
}

#[tokio::test(start_paused = true)]
async fn a_goal_of_two_metrics_has_an_entry() {
    let report = fixture::run_with_goal().await;

    let document = serde_json::to_value(JsonReport::new(&report, &[])).unwrap();

    assert_eq!(
        document["goals"],
        json!([{
            "key": "ci.error_ratio", "tags": ["env:test"], "state": "value", "kind": "gauge", "unit": null,
            "samples": [{"value": 0.2, "tags": ["env:test"], "link": null}], "description": "A test.",
            "goal": {"condition": "ci.errors / ci.runs < 0.1", "met": false}, "duration_ms": 0
        }])
    );
    assert_eq!(document["metrics"].as_array().unwrap().len(), 2);
}

/// The document of a run, with the outcomes of an earlier run of the same metrics.
async fn document_with_earlier() -> Value {
    let [earlier, last] = [fixture::run_with_goal().await, fixture::run_with_goal().await];
    let earlier = earlier.with_trace(TraceId::new(7));
    let document = JsonReport::new(&last, &[]);
    serde_json::to_value(document.with_earlier(&earlier, earlier.run().outcomes(), earlier.goals())).unwrap()
}

#[tokio::test(start_paused = true)]
async fn earlier_outcomes_name_their_run() {
    let document = document_with_earlier().await;

    for (entries, keys) in [
        (&document["metrics"], vec!["ci.errors", "ci.errors", "ci.runs", "ci.runs"]),
        (&document["goals"], vec!["ci.error_ratio", "ci.error_ratio"]),
    ] {
        let entries = entries.as_array().unwrap();
        assert_eq!(entries.iter().map(|entry| entry["key"].as_str().unwrap()).collect::<Vec<_>>(), keys);
        for pair in entries.chunks(2) {
            assert_eq!(pair[0].get("run"), None, "the outcome of the last run comes first");
            assert!(pair[1]["run"]["started_at"].as_str().unwrap().ends_with('Z'));
            assert_eq!(pair[1]["run"]["trace_id"], "00000000000000000000000000000007");
        }
    }
}

#[tokio::test(start_paused = true)]
#[ignore = "needs a schema validator: run cargo xtask test"]
async fn the_document_matches_the_schema() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let mut undocumented = document().await;
    undocumented["sources"][0]["colour"] = "red".into();
    let goal = serde_json::to_value(JsonReport::new(&fixture::run_with_goal().await, &[])).unwrap();
    let mut wrong_goal = goal.clone();
    wrong_goal["goals"][0]["goal"]["condition"] = "ci.errors < 0.1 <".into();
    let failed_items =
        serde_json::to_value(JsonReport::new(&fixture::run_with_failed_items().await, &[])).unwrap();
    let earlier = document_with_earlier().await;
    let mut wrong_run = earlier.clone();
    wrong_run["metrics"][0]["run"]["started_at"] = "yesterday".into();
    let valid = [document().await, goal, failed_items, earlier];
    let invalid = [undocumented, wrong_goal, wrong_run];
    let input = serde_json::to_vec(&[&valid[..], &invalid[..]].concat()).unwrap();

    let faults: Vec<Vec<String>> =
        serde_json::from_str(&run_contract_script("json_schema_check.py", &[&schema], &input)).unwrap();

    assert_eq!(faults.len(), valid.len() + invalid.len());
    let (of_valid, of_invalid) = faults.split_at(valid.len());
    assert!(of_valid.iter().all(Vec::is_empty), "{of_valid:?}");
    assert!(of_invalid.iter().all(|faults| !faults.is_empty()), "{of_invalid:?}");
}
