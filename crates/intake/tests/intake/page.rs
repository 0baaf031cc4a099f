//! The documents with which the page is tested have the same form as those of the intake.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use system_health_intake::{Intake, Request};

/// Properties whose contents a client chooses: a document as it was sent, or an object with the client's own names.
const CLIENT_PROPERTIES: [&str; 4] = ["monitor", "widgets", "meta", "metrics"];

/// Adds the types of everything in a document, by path. All elements of a list have the same path. Null has no type.
fn collect_types(value: &Value, path: &str, types: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    let types_here = types.entry(path.to_owned()).or_default();
    let name = match value {
        Value::Null => return,
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    types_here.insert(name);
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_types(item, &format!("{path}[]"), types)),
        Value::Object(properties) => {
            for (name, value) in properties {
                let is_chosen_by_client = CLIENT_PROPERTIES.contains(&name.as_str()) && !path.is_empty();
                let value = if is_chosen_by_client { &Value::Null } else { value };
                collect_types(value, &format!("{path}.{name}"), types);
            }
        }
        _ => {}
    }
}

fn post(intake: &Intake, target: &str, body: &Value) {
    let answer = intake.handle(&Request::json("POST", target, body));
    assert!(answer.status < 300, "{target}: {answer:?}");
}

/// An intake that has received something of each kind.
fn filled() -> Intake {
    let intake = Intake::in_memory().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let jobs = json!({
        "metric": "jobs", "type": 3, "unit": "job", "tags": ["env:prod"], "points": [{ "timestamp": now, "value": 7.5 }],
    });
    post(&intake, "/api/v2/series", &json!({ "series": [jobs] }));
    let distribution = json!({ "metric": "jobs", "points": [[now, [1.0, 2.0]]], "tags": ["env:test"] });
    post(&intake, "/api/v1/distribution_points", &json!({ "series": [distribution] }));
    let metadata = json!({ "type": "gauge", "unit": "job", "description": "Open jobs." });
    assert_eq!(intake.handle(&Request::json("PUT", "/api/v1/metrics/jobs", &metadata)).status, 200);
    let event = json!({ "title": "Deploy", "text": "Done.", "tags": ["env:prod"], "alert_type": "info" });
    post(&intake, "/api/v1/events", &event);
    let check = json!({
        "check": "can_collect", "status": 0, "message": "fine", "tags": ["env:prod"], "host_name": "a", "timestamp": now,
    });
    post(&intake, "/api/v1/check_run", &json!([check]));
    let query = "max(last_5m):max:jobs{*} by {env} > 5";
    let monitor = json!({ "type": "query alert", "name": "Jobs", "message": "", "query": query });
    post(&intake, "/api/v1/monitor", &monitor);
    let note = json!({ "definition": { "type": "note", "content": "Jobs" } });
    let dashboard =
        json!({ "title": "Jobs", "description": "All.", "layout_type": "ordered", "widgets": [note] });
    post(&intake, "/api/v1/dashboard", &dashboard);
    let span = json!({
        "service": "shop", "name": "run", "resource": "push", "span_id": 2, "parent_id": 1, "trace_id": 3,
        "start": 4, "duration": 5, "error": 0, "meta": {}, "metrics": {},
    });
    let mut traces = Request::json("POST", "/v0.4/traces", &json!([[span]]));
    traces.headers.insert("content-type", "application/json".parse().unwrap());
    assert_eq!(intake.handle(&traces).status, 200);
    intake
}

#[test]
fn documents_in_tests_of_the_page_have_the_real_form() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../page/tests/page/documents/others.json");
    let documents: BTreeMap<String, Value> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let documents = documents.iter().filter(|(path, _)| path.starts_with("intake/") || *path == "query");
    let intake = filled();

    let mut compared = Vec::new();
    for (path, document) in documents {
        let query = match path.as_str() {
            "intake/series" => "?metric=jobs",
            "query" => "?query=max:jobs{*}%20by%20{env}&from=0&to=4000000000",
            _ => "",
        };
        let answer = intake.handle(&Request::json("GET", &format!("/api/v1/{path}{query}"), &Value::Null));
        let real: Value = serde_json::from_slice(&answer.body).unwrap();
        let (mut expected, mut found) = (BTreeMap::new(), BTreeMap::new());
        collect_types(document, "", &mut expected);
        collect_types(&real, "", &mut found);
        for (location, expected) in expected {
            let found = found.get(&location);
            assert!(
                found.is_some_and(|found| expected.is_subset(found)),
                "{path}: {location} is {expected:?} in the test, and {found:?} in {real:#}"
            );
        }
        compared.push(path.as_str());
    }
    let all = ["checks", "dashboards", "events", "findings", "metrics", "monitors", "series", "traces"];
    let all: Vec<String> =
        all.iter().map(|name| format!("intake/{name}")).chain(["query".to_owned()]).collect();
    assert_eq!(compared, all);
}
