//! `/api/v1/report`: the last run, as `report --format json` prints it. With `current=true`, it also has the metrics that the last
//! run did not collect, because they are collected less often.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use serde::Deserialize;
use system_health_command::JsonReport;

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};

/// The parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Whether to include the outcomes of earlier runs, if no later run has replaced them.
    #[serde(default)]
    current: bool,
}

/// The last run.
pub(super) async fn report(
    State(app): State<App>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<JsonText, Problem> {
    let Query(parameters) = parameters.map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "the only parameter is `current`, which is true or false")
    })?;
    app.render(move |latest| {
        let Some((last, values)) = latest.outcomes() else {
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no run has finished yet"));
        };
        let finished = &last.finished;
        let report = JsonReport::new(&finished.report, &finished.deliveries).with_events(&finished.events);
        let earlier = if parameters.current { values.earlier_runs(&last) } else { Vec::new() };
        let report = earlier.iter().fold(report, |report, run| {
            report.with_earlier(&run.finished.report, values.rare_outcomes(run), values.goals_of(run))
        });
        json(&report)
    })
    .await
}
