//! `/api/v1/history?key=K&since=7d`: earlier results of a metric, as `report history --format json` prints them. If there are too
//! many results, a request with `thin=true` gets only those of every Nth run, and a header says N.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderName, HeaderValue, StatusCode},
};
use serde::{Deserialize, Serialize, Serializer};
use system_health_command::{HistoryError, HistoryQuery, HistoryRow, with_remembered_metrics};
use system_health_registry::parse_duration;
use system_health_state::{HistoryEntry, ThinnedHistory};

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};
use crate::latest::Latest;

/// Maximum number of results in a response. Each takes about one KiB until the response has been made, and a pod of the chart
/// has 64 MiB.
const MAX_ROWS: usize = 20_000;

/// The default of `since`, as on the command line.
const DEFAULT_SINCE: Duration = Duration::from_hours(7 * 24);

/// The header that says N if a response has only the results of every Nth run.
const ONE_RUN_OF: HeaderName = HeaderName::from_static("system-health-one-run-of");

/// The parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    key: String,
    since: Option<String>,
    subject: Option<String>,
    /// Whether runs may be left out.
    #[serde(default)]
    thin: bool,
}

/// A document, and the header if runs are left out.
type Rendered = (Option<[(HeaderName, HeaderValue); 1]>, JsonText);

/// Earlier results of a metric.
pub(super) async fn history(
    State(app): State<App>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Rendered, Problem> {
    let bad_request = |text: String| Problem::new(StatusCode::BAD_REQUEST, text);
    let Query(parameters) = parameters.map_err(|_| {
        bad_request(
            "the parameters are `key`, the key of a metric, and optionally `since`, a duration such as 7d, `subject`, the name \
             of a subject, and `thin`, which is true or false"
                .to_owned(),
        )
    })?;
    let since = parameters.since.as_deref().map_or(Ok(DEFAULT_SINCE), parse_duration);
    let since = since.map_err(|error| bad_request(error.to_string()))?;
    let since = app.now().checked_sub(since).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH);
    app.render(move |latest| {
        let ThinnedHistory { entries, one_run_of } = read(latest, &parameters, since)?;
        let header = (one_run_of > 1).then(|| [(ONE_RUN_OF, HeaderValue::from(one_run_of))]);
        Ok((header, json(&Rows(&entries))?))
    })
    .await
}

/// The rows of some entries. Each row is made when it is written, because all rows together would need as much memory as the
/// entries.
struct Rows<'a>(&'a [HistoryEntry]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(HistoryRow::from_entries(self.0))
    }
}

fn read(latest: &Latest, parameters: &Parameters, since: SystemTime) -> Result<ThinnedHistory, Problem> {
    let served = latest.served();
    let Some(folder) = &served.folder else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "there is no history, because no state is kept"));
    };
    let catalog = with_remembered_metrics(&served.catalog, folder);
    let Parameters { key, subject, thin, .. } = parameters;
    let query = HistoryQuery { key: Some(key), subject: subject.as_deref(), since, max_rows: Some(MAX_ROWS) };
    let read = if *thin {
        query.thinned(folder, &catalog)
    } else {
        query.entries(folder, &catalog).map(|entries| ThinnedHistory { entries, one_run_of: 1 })
    };
    read.map_err(|error| match &error {
        HistoryError::NoRuns(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no run has been recorded yet")
        }
        HistoryError::UnknownKey { .. } => Problem::new(StatusCode::NOT_FOUND, error.to_string()),
        HistoryError::TooMany { .. } => {
            let advice = "ask for fewer with `thin=true`, with a `subject`, or with a shorter `since`";
            Problem::new(StatusCode::BAD_REQUEST, format!("{error}; {advice}"))
        }
        HistoryError::TooManyInRun { .. } => {
            Problem::new(StatusCode::BAD_REQUEST, format!("{error}; ask for those of one `subject`"))
        }
        _ => Problem::internal(&error),
    })
}
