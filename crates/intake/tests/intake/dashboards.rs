//! Dashboards that are refused.

use serde_json::{Value, json};
use system_health_intake::{Intake, Request};

/// A dashboard with one widget inside this many nested groups.
fn dashboard(widget: Value, groups: usize) -> Value {
    let grouped = |widget, _| json!({ "definition": { "type": "group", "widgets": [widget] } });
    json!({ "title": "Jobs", "layout_type": "ordered", "widgets": [(0..groups).fold(widget, grouped)] })
}

#[test]
fn widgets_without_a_definition_are_refused_in_groups_too() {
    let intake = Intake::in_memory().unwrap();
    let send = |method, target: &str, body: &Value| {
        let answer = intake.handle(&Request::json(method, target, body));
        (answer.status, String::from_utf8(answer.body).unwrap())
    };
    let note = || json!({ "definition": { "type": "note", "content": "Jobs" } });
    assert_eq!(send("POST", "/api/v1/dashboard", &dashboard(note(), 2)).0, 200);

    for wrong in [json!("x"), json!({}), json!({ "definition": "x" })] {
        for groups in 0..3 {
            for (method, target) in [("POST", "/api/v1/dashboard"), ("PUT", "/api/v1/dashboard/aaa-aaa-aaa")]
            {
                let (status, text) = send(method, target, &dashboard(wrong.clone(), groups));
                assert_eq!(status, 400, "{wrong} in {groups} groups: {text}");
                assert!(text.contains("'widgets'"), "{text}");
            }
        }
    }
    let group = json!({ "definition": { "type": "group", "widgets": "x" } });
    assert_eq!(send("POST", "/api/v1/dashboard", &dashboard(group, 0)).0, 400);
    let listed = send("GET", "/api/v1/dashboard", &Value::Null).1;
    assert_eq!(serde_json::from_str::<Value>(&listed).unwrap()["dashboards"].as_array().unwrap().len(), 1);
}
