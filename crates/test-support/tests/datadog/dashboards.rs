//! The fake keeps dashboards, and adds what Datadog adds.

use serde_json::{Value, json};
use system_health_test_support::{
    datadog::{DatadogIntake, error},
    server::Fault,
};

use super::{API_KEY, DASHBOARDS, call, dashboard, get, refused, send};

#[tokio::test]
async fn a_created_dashboard_gets_ids_and_a_url_and_can_be_deleted() {
    let intake = DatadogIntake::start();

    let (status, created) = call(&intake, "POST", DASHBOARDS, dashboard("System health: new_one")).await;

    let id = created["id"].as_str().unwrap();
    let path = format!("{DASHBOARDS}/{id}");
    assert_eq!((status, id), (200, "aaa-aaa-aaa"));
    assert_eq!(created["url"], format!("/dashboard/{id}/system-health-newone"));
    assert_eq!(
        (&created["title"], &created["notify_list"]),
        (&json!("System health: new_one"), &Value::Null)
    );
    assert!(created["widgets"][0]["id"].is_u64());
    assert!(created["widgets"][0]["definition"]["widgets"][0]["id"].is_u64());
    assert_eq!(get(&intake, &path).await, (200, created.clone()));
    assert_eq!(intake.dashboards()[0], created);
    assert_eq!(call(&intake, "DELETE", &path, Value::Null).await, (200, json!({"deleted_dashboard_id": id})));
    assert_eq!(get(&intake, &path).await, refused(404, "Dashboard with ID aaa-aaa-aaa not found"));
    assert!(intake.dashboards().is_empty());
}

#[tokio::test]
async fn a_dashboard_is_replaced_as_a_whole() {
    let intake = DatadogIntake::start();
    let mut first = dashboard("First");
    first["description"] = json!("Gone soon.");
    let created = intake.add_dashboard(&first);
    let path = format!("{DASHBOARDS}/{}", created["id"].as_str().unwrap());
    let mut second = dashboard("Second");
    second["widgets"][0]["id"] = created["widgets"][0]["id"].clone();
    second["id"] = json!("other");

    let (status, replaced) = call(&intake, "PUT", &path, second).await;

    assert_eq!((status, &replaced["title"], &replaced["description"]), (200, &json!("Second"), &Value::Null));
    for kept in ["/id", "/created_at", "/widgets/0/id"] {
        assert_eq!(replaced.pointer(kept), created.pointer(kept), "{kept}");
    }
    assert_ne!(replaced["modified_at"], created["modified_at"]);
    assert_eq!(intake.dashboards(), [replaced]);
}

#[tokio::test]
async fn dashboards_can_be_created_edited_and_deleted_by_hand() {
    let intake = DatadogIntake::start();
    let created = intake.add_dashboard(&dashboard("By hand"));
    let id = created["id"].as_str().unwrap();

    intake.edit_dashboard(id, |dashboard| dashboard["widgets"] = json!([{"definition": {"type": "note"}}]));

    let (_, edited) = get(&intake, &format!("{DASHBOARDS}/{id}")).await;
    assert_ne!(edited["modified_at"], created["modified_at"]);
    assert_ne!(edited["widgets"][0]["id"], Value::Null);
    intake.delete_dashboard(id);
    assert!(intake.dashboards().is_empty());
}

#[tokio::test]
async fn dashboards_are_listed_in_pages() {
    let intake = DatadogIntake::start();
    for title in ["a", "b", "c"] {
        intake.add_dashboard(&dashboard(title));
    }

    for (query, titles) in [
        ("", &["a", "b", "c"][..]),
        ("?count=2", &["a", "b"]),
        ("?count=2&start=2", &["c"]),
        ("?start=3", &[]),
    ] {
        let (status, list) = get(&intake, &format!("{DASHBOARDS}{query}")).await;
        let listed: Vec<_> = list["dashboards"]
            .as_array()
            .unwrap()
            .iter()
            .map(|dashboard| dashboard["title"].clone())
            .collect();
        assert_eq!((status, listed), (200, titles.iter().map(|title| json!(title)).collect()), "{query}");
        assert_eq!(list["dashboards"][0]["widgets"], Value::Null, "{query}");
    }
}

#[tokio::test]
async fn invalid_dashboards_and_missing_app_keys_are_refused() {
    let intake = DatadogIntake::start();
    let with = |name: &str, value: Value| {
        let mut broken = dashboard("Broken");
        broken[name] = value;
        broken
    };

    for (name, value) in [
        ("title", Value::Null),
        ("layout_type", json!("order")),
        ("widgets", json!([{}])),
        ("tags", json!(["managed-by:me"])),
    ] {
        let (status, body) = call(&intake, "POST", DASHBOARDS, with(name, value)).await;
        assert_eq!(status, 400, "{name}: {body}");
    }
    let without_app_key = send(&intake, &[API_KEY], "POST", DASHBOARDS, &dashboard("Good")).await;
    assert_eq!(without_app_key, refused(403, "Forbidden"));
    assert!(intake.dashboards().is_empty());
}

#[tokio::test]
async fn faults_are_scripted_for_one_id_a_method_or_a_query() {
    let intake = DatadogIntake::start();
    for title in ["a", "b"] {
        intake.add_dashboard(&dashboard(title));
    }
    let busy = || Fault::from(error(429, "Too many requests"));
    intake.server().fail_times(1, "GET /api/v1/dashboard/aaa-aaa-aab", busy());
    intake.server().fail("DELETE /api/v1/dashboard/", busy());
    intake.server().fail("/api/v1/dashboard?count=1&start=1", busy());

    let (one, other) = (format!("{DASHBOARDS}/aaa-aaa-aaa"), format!("{DASHBOARDS}/aaa-aaa-aab"));
    for (method, target, status) in [
        ("GET", &*one, 200),
        ("GET", &*other, 429),
        ("GET", &*other, 200),
        ("DELETE", &*one, 429),
        ("DELETE", &*other, 429),
        ("GET", "/api/v1/dashboard?count=1", 200),
        ("GET", "/api/v1/dashboard?count=1&start=1", 429),
    ] {
        assert_eq!(call(&intake, method, target, Value::Null).await.0, status, "{method} {target}");
    }
    assert_eq!(intake.dashboards().len(), 2);
}
