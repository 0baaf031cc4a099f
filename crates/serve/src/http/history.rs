//! `/api/v1/history?key=K&since=7d`: earlier results of a metric, as `report history --format json` prints them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use serde::{Deserialize, Serialize, Serializer};
use system_health_command::{HistoryError, HistoryQuery, HistoryRow, with_remembered_in};
use system_health_registry::parse_duration;
use system_health_state::HistoryEntry;

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};
use crate::latest::Latest;

/// Maximum number of results in a response. Each takes about one KiB until the response has been made, and a pod of the chart has
/// 64 MiB.
const MAX_ROWS: usize = 20_000;

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
    app.render(move |latest| json(&Rows(&entries(latest, &key, since)?))).await
}

/// The rows of some entries. Each is made when it is written, because all of them would need as much memory as the entries.
struct Rows<'a>(&'a [HistoryEntry]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(HistoryRow::from_entries(self.0))
    }
}

fn entries(latest: &Latest, key: &str, since: SystemTime) -> Result<Vec<HistoryEntry>, Problem> {
    let served = latest.served();
    let Some(folder) = &served.folder else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "there is no history, because no state is kept"));
    };
    let catalog = with_remembered_in(&served.catalog, folder);
    let query = HistoryQuery { key: Some(key), since, max_rows: Some(MAX_ROWS) };
    query.entries(folder, &catalog).map_err(|error| match &error {
        HistoryError::NoRuns(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no run has been recorded yet")
        }
        HistoryError::UnknownKey { .. } => Problem::new(StatusCode::NOT_FOUND, error.to_string()),
        HistoryError::TooMany { .. } => {
            let text = format!("{error}; ask for fewer with a shorter `since`");
            Problem::new(StatusCode::BAD_REQUEST, text)
        }
        _ => Problem::internal(&error),
    })
}
