//! What the intake saves in its file, and what happens if the file cannot be written or is damaged.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::Connection;
use serde_json::{Value, json};
use system_health_intake::{Intake, Request, Store};

/// Changes the file while no intake uses it.
fn execute(file: &Path, statements: &str) {
    Connection::open(file).unwrap().execute_batch(statements).unwrap();
}

#[test]
fn if_a_document_cannot_be_saved_the_client_can_repeat_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(Store::FILE_NAME);
    drop(Store::open(&file).unwrap());
    // Documents can be saved as soon as there is a service check.
    execute(
        &file,
        "CREATE TRIGGER refuse BEFORE INSERT ON documents WHEN NOT EXISTS (SELECT 1 FROM checks)
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    );
    let intake = Intake::new(Store::open(&file).unwrap()).unwrap();
    let send = |path: &str, body: &Value| {
        let answer = intake.handle(&Request::json("POST", path, body));
        (answer.status, String::from_utf8(answer.body).unwrap())
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let latency = json!({ "series": [{ "metric": "latency", "points": [[now, [1.0, 2.0]]] }] });
    let jobs = json!({ "metric": "jobs", "type": 3, "points": [{ "timestamp": now, "value": 1.0 }] });
    let requests = [
        ("/api/v1/distribution_points", latency, 202),
        ("/api/v2/series", json!({ "series": [jobs] }), 202),
        ("/api/v1/dashboard", json!({ "title": "Jobs", "layout_type": "ordered", "widgets": [] }), 200),
        ("/api/v1/monitor", json!({ "type": "query alert", "query": "max(last_5m):max:jobs{*} > 5" }), 200),
    ];

    for (path, body, _) in &requests {
        let (status, text) = send(path, body);
        assert_eq!(status, 500, "{text}");
        assert!(text.contains("the disk is full"), "{text}");
    }
    assert_eq!(send("/api/v1/check_run", &json!({ "check": "up", "status": 0 })).0, 202);
    for (path, body, expected) in &requests {
        let (status, text) = send(path, body);
        assert_eq!(status, *expected, "{text}");
    }

    let values: Vec<_> = intake.distributions().unwrap().into_values().collect();
    assert_eq!(values, [[1.0, 2.0]], "no value was added twice");
    assert_eq!((intake.dashboards().len(), intake.monitors().len()), (1, 1));
    drop(intake);
    let reopened = Intake::new(Store::open(&file).unwrap()).unwrap();
    assert_eq!(reopened.metadata("latency"), Some(json!({ "type": "distribution" })));
    assert_eq!(reopened.metadata("jobs"), Some(json!({ "type": "gauge" })));
}

#[test]
fn edits_are_saved() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(Store::FILE_NAME);
    let intake = Intake::new(Store::open(&file).unwrap()).unwrap();
    let create = |path: &str, body: &Value| -> Value {
        serde_json::from_slice(&intake.handle(&Request::json("POST", path, body)).body).unwrap()
    };
    let dashboard = json!({ "title": "Jobs", "layout_type": "ordered", "widgets": [] });
    let dashboard = create("/api/v1/dashboard", &dashboard);
    let monitor = json!({ "type": "query alert", "query": "max(last_5m):max:jobs{*} > 5" });
    let monitor = create("/api/v1/monitor", &monitor);

    let edit = |document: &mut Value| document["edited"] = json!(true);
    intake.edit_dashboard(dashboard["id"].as_str().unwrap(), edit).unwrap();
    intake.edit_monitor(&monitor["id"].to_string(), edit).unwrap();

    drop(intake);
    let reopened = Intake::new(Store::open(&file).unwrap()).unwrap();
    assert_eq!(reopened.dashboards()[0]["edited"], true);
    assert_eq!(reopened.monitors()[0]["edited"], true);
}

#[test]
fn a_monitor_whose_deletion_cannot_be_saved_keeps_its_groups() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(Store::FILE_NAME);
    drop(Store::open(&file).unwrap());
    // Documents can be saved until there is a service check.
    execute(
        &file,
        "CREATE TRIGGER refuse BEFORE INSERT ON documents WHEN EXISTS (SELECT 1 FROM checks)
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    );
    let intake = Intake::new(Store::open(&file).unwrap()).unwrap();
    let send = |method: &str, path: &str, body: &Value| intake.handle(&Request::json(method, path, body));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let jobs = json!({ "metric": "jobs", "type": 3, "points": [{ "timestamp": now, "value": 9.0 }] });
    assert_eq!(send("POST", "/api/v2/series", &json!({ "series": [jobs] })).status, 202);
    let monitor = json!({ "type": "query alert", "query": "max(last_5m):max:jobs{*} > 5" });
    let created: Value = serde_json::from_slice(&send("POST", "/api/v1/monitor", &monitor).body).unwrap();
    let transitions = || intake.evaluate_all_at(now.cast_signed()).unwrap().len();
    assert_eq!(transitions(), 1, "the monitor alerts");

    assert_eq!(send("POST", "/api/v1/check_run", &json!({ "check": "up", "status": 0 })).status, 202);
    let target = format!("/api/v1/monitor/{}", created["id"]);
    assert_eq!(send("DELETE", &target, &Value::Null).status, 500);

    assert_eq!(intake.monitors().len(), 1);
    assert_eq!(transitions(), 0, "the monitor still alerts, with the same group");
}

#[test]
fn a_damaged_document_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(Store::FILE_NAME);
    drop(Store::open(&file).unwrap());
    execute(&file, "INSERT INTO documents VALUES ('monitors', '{')");

    let error = Intake::new(Store::open(&file).unwrap()).unwrap_err();

    assert!(error.to_string().contains("cannot use the file of the intake"), "{error}");
}
