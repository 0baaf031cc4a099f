//! `report verify`.

use serde_json::{Value, json};
use system_health_test_support::{datadog::DatadogIntake, server::Answer};

use crate::scene;

fn found(checks: &Value, query: &str) -> Vec<Value> {
    let checks = checks.as_array().unwrap().iter();
    checks.filter(|check| check["query"] == query).map(|check| check["found"].clone()).collect()
}

#[test]
fn all_queries_of_managed_dashboards_and_monitors_are_checked() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    for command in [&["--push"][..], &["dashboard", "push"], &["monitors", "push"]] {
        let _ = scene.run(command).with_status(0);
    }

    let checks = scene.run(&["verify"]).with_status(1).json();

    assert_eq!(checks[0]["of"], "the probe");
    assert_eq!(checks[0]["found"], "data");
    // The dashboard and the monitor query the same metric.
    let scope = "{env:production,service:system-health}";
    assert_eq!(found(&checks, "max:commits.hotfix{*}"), ["data"]);
    assert_eq!(found(&checks, &format!("max:commits.hotfix{scope}")), ["data"]);
    // The clone has no CI.
    assert_eq!(found(&checks, "min:ci.tests_passing_on_main{*}"), ["no_data"]);
    assert_eq!(
        intake.points().iter().filter(|point| point.metric == "system_health.reporter.probe").count(),
        1
    );
}

#[test]
fn only_the_probe_is_checked_if_nothing_is_managed() {
    let intake = DatadogIntake::start();

    let ended = scene(&intake).run(&["verify", "--format", "table"]).with_status(0);

    assert_eq!(ended.stdout(), "data: 1 of 1 queries\n");
}

#[test]
fn a_probe_that_cannot_be_queried_in_time_is_reported() {
    let intake = DatadogIntake::start();
    let empty = json!({"status": "ok", "series": [], "res_type": "time_series"});
    intake.server().fail("GET /api/v1/query", Answer::json(200, &empty));

    let ended = scene(&intake).run(&["verify", "--timeout", "1s", "--format", "table"]).with_status(1);

    assert!(ended.stdout().starts_with("no data: max:system_health.reporter.probe{"), "{ended}");
}

#[test]
fn a_refused_query_is_reported() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["dashboard", "push"]).with_status(0);
    intake.edit_dashboard("aaa-aaa-aaa", |dashboard| {
        let query = "/widgets/0/definition/widgets/0/definition/requests/0/queries/0/query";
        *dashboard.pointer_mut(query).unwrap() = json!("nonsense");
    });

    let checks = scene.run(&["verify"]).with_status(1).json();

    assert!(
        found(&checks, "nonsense")[0]["error"].as_str().unwrap().contains("Datadog refused the request"),
        "{checks}"
    );
}

#[test]
fn an_unreachable_datadog_and_a_refused_key_have_their_own_status() {
    let intake = DatadogIntake::start();
    let unreachable = scene(&intake).variable("DD_URL", "http://127.0.0.1:1");
    unreachable
        .run(&["verify", "--timeout", "1s"])
        .with_status(3)
        .says("the connection to 127.0.0.1:1 (from DD_SITE or DD_URL) failed");
    let wrong_key = scene(&intake).variable("DD_API_KEY", "0badc0de0badc0de");
    wrong_key.run(&["verify"]).with_status(3).says("the API key was refused");
}
