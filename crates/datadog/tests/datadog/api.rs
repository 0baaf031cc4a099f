//! Which failed requests to the API are retried, and how unexpected responses are reported.

use secrecy::SecretString;
use serde_json::json;
use system_health_datadog::{
    DatadogApi, MonitorScope, PlannedDashboard, PushAction, WantedDashboard, dashboard, goal_monitor,
};
use system_health_test_support::{
    datadog::{DatadogIntake, error},
    server::{Answer, Fault},
};

use crate::{
    catalogs::{catalogs, with_goal},
    harness::config,
    monitor::alerting,
};

fn api(url: &str) -> DatadogApi {
    DatadogApi::new(&config(url), &SecretString::from(DatadogIntake::APP_KEY)).unwrap()
}

/// The numbers of requests to create a dashboard and to list all dashboards, if the first request of each fails.
async fn requests_after(fault: Fault) -> (usize, usize) {
    let dashboard = dashboard(&catalogs()[1], "System health");
    let intake = DatadogIntake::start();
    intake.server().fail_times(1, "POST /api/v1/dashboard", fault.clone());
    let created = api(&intake.url()).create_dashboard(&dashboard).await;
    let creations = intake.server().requests().len();
    assert_eq!((created.is_ok(), intake.dashboards().len()), (creations == 2, creations - 1), "{created:?}");
    intake.server().fail_times(1, "GET /api/v1/dashboard", fault);
    assert_eq!(api(&intake.url()).dashboards().await.unwrap().len(), creations - 1);
    (creations, intake.server().requests().len() - creations)
}

#[tokio::test]
async fn a_request_to_create_is_retried_only_if_nothing_was_created() {
    for (fault, requests) in [
        (error(429, "Slow down").into(), (2, 2)),
        (error(503, "Not now").into(), (2, 2)),
        (error(500, "Internal error").into(), (1, 2)),
        (error(502, "Bad gateway").into(), (1, 2)),
        (error(504, "Gateway timeout").into(), (1, 2)),
        (Fault::Disconnect, (1, 2)),
    ] {
        assert_eq!(requests_after(Fault::clone(&fault)).await, requests, "{fault:?}");
    }
}

#[tokio::test]
async fn a_created_dashboard_without_an_id_is_an_error() {
    let intake = DatadogIntake::start();
    intake.server().fail("POST /api/v1/dashboard", Answer::json(200, &json!({"title": "System health"})));
    let wanted = WantedDashboard::new(dashboard(&catalogs()[1], "System health")).unwrap();
    let planned = PlannedDashboard { id: None, action: PushAction::Create };

    let error = api(&intake.url()).push_dashboard(&wanted, &planned).await.unwrap_err();

    assert!(error.to_string().contains("a dashboard without an id"), "{error}");
}

#[tokio::test]
async fn a_created_monitor_without_an_id_is_an_error() {
    let intake = DatadogIntake::start();
    intake.server().fail("POST /api/v1/monitor", Answer::json(200, &json!({"name": "a.b should be < 5"})));
    let (api, scope) = (api(&intake.url()), MonitorScope::from_tags(&[]));
    let wanted = [goal_monitor(&with_goal("a.b", "< 5"), &scope, &alerting()).unwrap().unwrap()];
    let plan = api.plan_monitors(&wanted, &scope).await.unwrap();

    let error = api.push_monitor(&plan.monitors[0]).await.unwrap_err();

    assert!(error.to_string().contains("a monitor without an id"), "{error}");
}
