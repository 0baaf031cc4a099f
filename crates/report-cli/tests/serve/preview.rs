//! The monitors and dashboards that a push would create in Datadog, evaluated by the service.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use system_health_registry::{Facts, IntoReading, Metric, Outcome, Report, Run, Tag, Unavailable, location};
use system_health_state::Store;
use system_health_test_support::{scene::Scene, serving::ServerProcess};

use crate::{scene, serve};

/// The work tree has a hotfix, so `commits.hotfix` misses its goal. The recorded value of `commits.reverts` meets its goal.
pub(crate) const GOALS: &str = "[goals]\n'commits.hotfix' = '< 1'\n'commits.reverts' = '< 9'\n";

/// The monitors' scope.
const SCOPE: &str = "(env:development,service:system-health)";

/// A work tree whose state has a value of `commits.reverts` from three hours ago.
pub(crate) fn scene_with_history(settings: &str) -> Scene {
    let scene = scene(settings);
    record(&scene.folder().join(".state"), "commits.reverts", 2.0, Duration::from_hours(3));
    scene
}

fn record(folder: &Path, key: &str, value: f64, age: Duration) {
    let metric = Metric::new(Facts::new(key, "For a test."), location!(), |_| {
        Box::pin(async { Err(Unavailable::no_data("only for the history")) })
    });
    let outcome = Outcome { metric, subject: None, result: value.into_reading(), duration: Duration::ZERO };
    let tags = ["env:development", "service:system-health"].map(|tag| Tag::parse(tag).unwrap());
    let report = Report::new(Run::from_past(SystemTime::now() - age, vec![outcome]), tags);
    Store::open(folder).unwrap().store.record(&report, &[]).unwrap();
}

fn monitor(service: &ServerProcess, name: &str) -> Value {
    let all = service.get("/api/v1/monitors", "").json();
    let mut found = all["monitors"].as_array().unwrap().iter().filter(|monitor| monitor["name"] == name);
    found.next().unwrap_or_else(|| panic!("no {name}: {all:#}")).clone()
}

/// All queries in a document, with `{*}` in place of their filters.
fn queries(document: &Value) -> Vec<String> {
    match document {
        Value::Array(all) => all.iter().flat_map(queries).collect(),
        Value::Object(properties) => {
            let own = properties.get("query").and_then(Value::as_str).map(|query| {
                let (start, rest) = query.split_once('{').unwrap();
                format!("{start}{{*}}{}", rest.split_once('}').unwrap().1)
            });
            own.into_iter().chain(properties.values().flat_map(queries)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_monitors_of_a_push_are_shown_with_their_states() {
    let scene = scene_with_history(GOALS);
    let service = serve(&scene, &["--only", "commits.hotfix"]);
    let _ = service.get_until("/readyz", 200);

    let alert = monitor(&service, &format!("commits.hotfix should be < 1 {SCOPE}"));
    assert_eq!((&alert["state"], alert.get("reason")), (&json!("Alert"), None), "{alert:#}");
    let no_data = monitor(&service, &format!("commits.reverts should be < 9 {SCOPE}"));
    assert_eq!(no_data["state"], "No Data", "it had a value three hours ago: {no_data:#}");
    assert_eq!(monitor(&service, &format!("The reporter has stopped {SCOPE}"))["state"], "OK");
    let all = service.get("/api/v1/monitors", "").json();
    let shown: Vec<&Value> =
        all["monitors"].as_array().unwrap().iter().map(|monitor| &monitor["monitor"]).collect();
    let pushed = scene.run(&["monitors"]).with_status(0).json();
    assert_eq!(shown, pushed.as_array().unwrap().iter().collect::<Vec<_>>());
}

#[test]
fn the_queries_of_the_dashboard_find_the_last_values() {
    let scene = scene(GOALS);
    let service = serve(&scene, &["--only", "commits.hotfix"]);
    let _ = service.get_until("/readyz", 200);

    let dashboards = service.get("/api/v1/dashboards", "").json();

    assert_eq!(dashboards["dashboards"][0]["title"], "System health");
    let queries = queries(&dashboards);
    let of_hotfix: Vec<&String> = queries.iter().filter(|query| query.contains("commits.hotfix{")).collect();
    assert!(of_hotfix.len() >= 2, "a value and a line: {queries:#?}");
    let to = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for query in queries {
        let query = query.replace(' ', "%20");
        let found = service.get(&format!("/api/v1/query?from={}&to={to}&query={query}", to - 3600), "");
        assert_eq!(found.status, 200, "{query}: {found:?}");
        let last =
            found.json()["series"][0]["pointlist"].as_array().and_then(|points| points.last().cloned());
        if query.contains("commits.hotfix{") {
            assert_eq!(last.unwrap()[1], 1.0, "{query}");
        }
    }
}

#[test]
fn the_preview_needs_the_token_and_works_without_state() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let scene = scene(GOALS).variable("SYSTEM_HEALTH_SERVE_TOKEN", TOKEN);
    let service = serve(&scene, &["--only", "commits.hotfix", "--no-state"]);
    let _ = service.get_until("/readyz", 200);

    for path in ["/api/v1/monitors", "/api/v1/dashboards", "/api/v1/query?from=0&to=1&query=max:a{*}"] {
        assert_eq!(service.get(path, "").status, 401, "{path}");
    }
    let allowed = service.get("/api/v1/monitors", &format!("Authorization: Bearer {TOKEN}\r\n")).json();
    let states = allowed["monitors"].as_array().unwrap().iter().map(|monitor| &monitor["state"]);
    assert!(states.clone().any(|state| state == "Alert"), "{allowed:#}");
}
