//! Which failed requests to the API are repeated.

use secrecy::SecretString;
use system_health_datadog::{DatadogApi, dashboard};
use system_health_test_support::{
    datadog::{DatadogIntake, error},
    server::Fault,
};

use crate::{catalogs::catalogs, harness::config};

fn api(url: &str) -> DatadogApi {
    DatadogApi::new(&config(url), &SecretString::from(DatadogIntake::APP_KEY)).unwrap()
}

/// The numbers of requests to create a dashboard and to list all dashboards, if the first request of each fails.
async fn requests_after(fault: Fault) -> (usize, usize) {
    let dashboard = dashboard(&catalogs()[1], "System health");
    let intake = DatadogIntake::start();
    intake.server().fail_times(1, "POST /api/v1/dashboard", fault.clone());
    let created = api(&intake.url()).create_dashboard(&dashboard).await;
    let create = intake.server().requests().len();
    assert_eq!((created.is_ok(), intake.dashboards().len()), (create == 2, create - 1), "{created:?}");
    intake.server().fail_times(1, "GET /api/v1/dashboard", fault);
    assert_eq!(api(&intake.url()).dashboards().await.unwrap().len(), create - 1);
    (create, intake.server().requests().len() - create)
}

#[tokio::test]
async fn a_create_is_repeated_only_if_nothing_was_created() {
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
