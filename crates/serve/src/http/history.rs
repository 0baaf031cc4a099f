//! `/api/v1/history?key=K&since=7d`: earlier results of a metric, as `report history --format json` prints them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use serde::Deserialize;
use system_health_command::{HistoryError, HistoryQuery, HistoryRow, with_remembered_in};
use system_health_registry::parse_duration;
use system_health_state::HistoryEntry;

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};
use crate::latest::Latest;

/// Maximum number of results in a response.
const MAX_ROWS: usize = 100_000;

/// The default of `since`, as on the command line.
const SINCE: Duration = Duration::from_hours(7 * 24);

/// The parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    key: String,
    since: Option<String>,
}

/// Earlier results of a metric.
pub(super) async fn history(
    State(app): State<App>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<JsonText, Problem> {
    let bad = |text: String| Problem::new(StatusCode::BAD_REQUEST, text);
    let Query(Parameters { key, since }) = parameters.map_err(|_| {
        bad("the parameters are `key`, the key of a metric, and optionally `since`, a duration such as 7d".to_owned())
    })?;
    let since = since.as_deref().map_or(Ok(SINCE), parse_duration).map_err(|error| bad(error.to_string()))?;
    let since = app.now().checked_sub(since).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH);
    app.render(move |latest| json(&HistoryRow::from_entries(&entries(latest, &key, since)?))).await
}

fn entries(latest: &Latest, key: &str, since: SystemTime) -> Result<Vec<HistoryEntry>, Problem> {
    let served = latest.served();
    let Some(folder) = &served.folder else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "there is no history, because no state is kept"));
    };
    let catalog = with_remembered_in(&served.catalog, folder);
    match (HistoryQuery { key: Some(key), since }).entries(folder, &catalog) {
        Ok(entries) if entries.len() > MAX_ROWS => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            format!("there are more than {MAX_ROWS} results; ask for fewer with a shorter `since`"),
        )),
        Ok(entries) => Ok(entries),
        Err(HistoryError::NoRuns(_)) => {
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no run has been recorded yet"))
        }
        Err(error @ HistoryError::UnknownKey { .. }) => {
            Err(Problem::new(StatusCode::NOT_FOUND, error.to_string()))
        }
        Err(error) => Err(Problem::internal(&error)),
    }
}
