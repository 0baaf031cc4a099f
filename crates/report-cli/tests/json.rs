//! Validates the JSON document of a run against its published schema.

use std::{path::Path, time::Duration};

use serde_json::Value;
use system_health_test_support::{
    github::{Commit, FakeGitHub},
    scene::Scene,
    tools::run_contract_script,
};

/// The errors of each document according to the schema.
fn faults(documents: &[Value]) -> Vec<Vec<String>> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let input = serde_json::to_vec(documents).unwrap();
    serde_json::from_str(&run_contract_script("json_schema_check.py", &[&schema], &input)).unwrap()
}

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
}

fn work_tree() -> Scene {
    scene().git_work_tree().commit("hotfix", Duration::from_mins(1))
}

#[test]
#[ignore = "needs a schema validator: run cargo xtask test"]
fn documents_with_all_states_match_the_schema() {
    let unreachable = work_tree().variable("DD_URL", "http://127.0.0.1:1").variable("DD_API_KEY", "k");
    let github = FakeGitHub::start();
    github.repository("acme/shop").commit(Commit::new("hotfix"));
    let with_links = scene()
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", "token")
        .variable("GITHUB_REPOSITORY", "acme/shop");
    let mut runs = vec![(work_tree(), &[][..]), (scene(), &[]), (with_links, &[])];
    if cfg!(feature = "datadog") {
        runs.extend([(work_tree(), &["--dry-run"][..]), (unreachable, &["--push", "--deadline", "2s"])]);
    }

    let documents: Vec<Value> = runs.iter().map(|(scene, arguments)| scene.run(arguments).json()).collect();

    for (document, faults) in documents.iter().zip(faults(&documents)) {
        assert_eq!(faults, [""; 0], "{document:#}");
    }
    assert!(documents.iter().any(|document| document["metrics"][0]["state"] == "no_data"));
    assert!(documents.iter().any(|document| document["metrics"][1]["state"] == "value"));
    assert!(documents.iter().any(|document| document["metrics"][1]["state"] == "error"));
    assert!(documents.iter().any(|document| document["metrics"][1]["samples"][0]["link"].is_string()));
}

#[test]
#[ignore = "needs a schema validator: run cargo xtask test"]
fn the_schema_refuses_wrong_and_undocumented_values() {
    let good = work_tree().run(&[]).json();
    let change = |pointer: &str, value: Value| {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    let mut undocumented = good.clone();
    undocumented["metrics"][0]["colour"] = "red".into();
    let documents = [
        change("/run/started_at", "yesterday".into()),
        change("/metrics/1/state", "error".into()),
        change("/metrics/1/samples/0/value", Value::Null),
        change("/metrics/1/samples/0/link", "javascript:alert(1)".into()),
        change("/metrics/1/samples", Value::Array(vec![])),
        change("/metrics/0/reason", "".into()),
        undocumented,
    ];

    let faults = faults(&documents);

    assert!(faults.iter().all(|faults| !faults.is_empty()), "{faults:#?}");
}
