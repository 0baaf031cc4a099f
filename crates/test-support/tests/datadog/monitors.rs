//! Monitors are kept with what Datadog adds, and refused if they contradict themselves.

use serde_json::{Value, json};
use system_health_test_support::datadog::DatadogIntake;

use super::{API_KEY, MONITORS, call, get, monitor, refused, send};

#[tokio::test]
async fn a_monitor_is_kept_with_datadogs_defaults() {
    let intake = DatadogIntake::start();
    let mut sent = monitor("a", &["env:prod"]);
    sent["type"] = json!("metric alert");
    sent["options"]["thresholds"]["warning"] = Value::Null;
    sent["options"]["include_tags"] = json!(false);

    let (status, created) = call(&intake, "POST", MONITORS, sent).await;

    assert_eq!((status, &created["id"], &created["type"]), (200, &json!(1000), &json!("query alert")));
    assert_eq!((&created["multi"], &created["overall_state"]), (&json!(true), &json!("No Data")));
    assert_eq!(
        created["options"],
        json!({
            "include_tags": false,
            "new_host_delay": 300,
            "notify_audit": false,
            "notify_no_data": false,
            "renotify_interval": 0,
            "silenced": {},
            "thresholds": {"critical": 5.0},
        })
    );
    assert_eq!(get(&intake, "/api/v1/monitor/1000").await, (200, created.clone()));
    assert_eq!(intake.monitors(), [created]);
    let deleted = call(&intake, "DELETE", "/api/v1/monitor/1000?force=true", Value::Null).await;
    assert_eq!(deleted, (200, json!({"deleted_monitor_id": 1000})));
    assert_eq!(get(&intake, "/api/v1/monitor/1000").await, refused(404, "Monitor not found"));
    assert_eq!(get(&intake, "/api/v1/monitor/many").await, refused(404, "Monitor not found"));
}

#[tokio::test]
async fn an_update_replaces_what_it_names() {
    let intake = DatadogIntake::start();
    let created = intake.add_monitor(&monitor("a", &["env:prod"]));
    let update = json!({"name": "b", "options": {"notify_no_data": true}, "id": 7, "overall_state": "OK"});

    let (status, updated) = call(&intake, "PUT", "/api/v1/monitor/1000", update).await;

    assert_eq!((status, &updated["name"], &updated["id"]), (200, &json!("b"), &json!(1000)));
    for kept in ["query", "message", "tags", "created", "overall_state"] {
        assert_eq!(updated[kept], created[kept], "{kept}");
    }
    assert_eq!(
        (&updated["options"]["notify_no_data"], &updated["options"]["thresholds"]),
        (&json!(true), &Value::Null)
    );
    assert_ne!(updated["modified"], created["modified"]);
    let wrong = json!({"options": {"thresholds": {"critical": 6}}});
    assert_eq!(call(&intake, "PUT", "/api/v1/monitor/1000", wrong).await.0, 400);
    assert_eq!(intake.monitors(), [updated]);
}

#[tokio::test]
async fn monitors_can_be_edited_and_deleted_by_hand() {
    let intake = DatadogIntake::start();
    let created = intake.add_monitor(&monitor("a", &[]));

    intake.edit_monitor(1000, |monitor| monitor["overall_state"] = json!("Alert"));

    let (_, edited) = get(&intake, "/api/v1/monitor/1000").await;
    assert_eq!(edited["overall_state"], "Alert");
    assert_ne!(edited["modified"], created["modified"]);
    intake.delete_monitor(1000);
    assert!(intake.monitors().is_empty());
}

#[tokio::test]
async fn monitors_are_listed_by_tags_and_in_pages() {
    let intake = DatadogIntake::start();
    for (name, tags) in [("a", &["x:1", "y:1"][..]), ("b", &["x:1"]), ("c", &["x:2", "y:1"])] {
        intake.add_monitor(&monitor(name, tags));
    }

    for (query, names) in [
        ("", &["a", "b", "c"][..]),
        ("?monitor_tags=x:1", &["a", "b"]),
        ("?monitor_tags=x%3A1%2Cy:1", &["a"]),
        ("?page=0&page_size=2", &["a", "b"]),
        ("?page=1&page_size=2", &["c"]),
        ("?page=0", &["a", "b", "c"]),
        ("?page=1&page_size=1&monitor_tags=y:1", &["c"]),
    ] {
        let (status, list) = get(&intake, &format!("{MONITORS}{query}")).await;
        let listed: Vec<_> = list.as_array().unwrap().iter().map(|monitor| monitor["name"].clone()).collect();
        assert_eq!((status, listed), (200, names.iter().map(|name| json!(name)).collect()), "{query}");
    }
    assert_eq!(get(&intake, "/api/v1/monitor?page=first").await.0, 400);
}

#[tokio::test]
async fn monitors_that_contradict_themselves_are_refused() {
    let intake = DatadogIntake::start();
    let text = "Alert threshold (6.0) does not match that used in the query (5.0).";
    let mut other = monitor("a", &[]);
    other["options"]["thresholds"]["critical"] = json!(6);
    assert_eq!(call(&intake, "POST", MONITORS, other).await, refused(400, text));

    for (comparator, thresholds, expected) in [
        (">", json!({"critical": 5, "critical_recovery": 4}), 200),
        (">=", json!({"critical": 5, "critical_recovery": 5}), 400),
        (">", json!({"critical": 5, "critical_recovery": 6}), 400),
        ("<", json!({"critical": 5, "critical_recovery": 6}), 200),
        ("<=", json!({"critical": 5, "critical_recovery": 4}), 400),
        (">", json!({"critical": 5, "warning": 6}), 400),
        ("", json!({}), 400),
    ] {
        let mut sent = monitor(&format!("{comparator} {thresholds}"), &[]);
        sent["query"] = json!(format!("avg(last_5m):avg:a.b{{*}} {comparator} 5"));
        sent["options"]["thresholds"] = thresholds;
        let (status, body) = call(&intake, "POST", MONITORS, sent.clone()).await;
        assert_eq!(status, expected, "{sent}: {body}");
    }
    for missing in ["type", "query"] {
        let mut sent = monitor("a", &[]);
        sent.as_object_mut().unwrap().remove(missing);
        assert_eq!(call(&intake, "POST", MONITORS, sent).await.0, 400, "{missing}");
    }
    let without_app_key = send(&intake, &[API_KEY], "POST", MONITORS, &monitor("a", &[])).await;
    assert_eq!(without_app_key, refused(403, "Forbidden"));
}

#[tokio::test]
async fn a_duplicate_is_refused() {
    let intake = DatadogIntake::start();
    intake.add_monitor(&monitor("a", &["x:1"]));

    let duplicate = call(&intake, "POST", MONITORS, monitor("a", &["x:2"])).await;

    assert_eq!(duplicate, refused(409, "Duplicate of an existing monitor_id:1000 org_id:1"));
    assert_eq!(call(&intake, "POST", MONITORS, monitor("b", &[])).await.0, 200);
}
