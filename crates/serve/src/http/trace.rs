//! `/api/v1/traces/ID`: the spans of the last run.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};

/// The trace of the last run. Earlier traces can be seen only in the backend that they were sent to.
pub(super) async fn trace(State(app): State<App>, Path(id): Path<String>) -> Result<JsonText, Problem> {
    app.render(move |latest| {
        let last = latest.last();
        let trace = last.as_ref().and_then(|run| run.finished.trace.as_deref());
        if let Some(trace) = trace.filter(|trace| trace.trace_id.to_string() == id) {
            json(trace)
        } else {
            let text = "only the trace of the last run is kept, if `DD_TRACE_ENABLED` is true";
            Err(Problem::new(StatusCode::NOT_FOUND, text))
        }
    })
    .await
}
