//! `/api/v1/report`: the last run, as `report --format json` prints it.

use axum::{extract::State, http::StatusCode};
use system_health_command::JsonReport;

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};

/// The last run.
pub(super) async fn report(State(app): State<App>) -> Result<JsonText, Problem> {
    app.render(|latest| {
        let Some(run) = latest.last() else {
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no run has finished yet"));
        };
        let finished = &run.finished;
        let report = JsonReport::new(&finished.report, &finished.deliveries).with_events(&finished.events);
        json(&report)
    })
    .await
}
