//! `/api/v1/traces`: the ids of the traces of the last runs, and of earlier runs that the report names. `/api/v1/traces/ID`: one of
//! these traces.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use serde::Serialize;
use system_health_registry::trace::TraceId;

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};

/// The ids: first those of the last runs, then those of earlier runs.
#[derive(Serialize)]
struct Traces {
    traces: Vec<TraceId>,
}

/// The traces that can be read.
pub(super) async fn traces(State(app): State<App>) -> Result<JsonText, Problem> {
    json(&Traces { traces: app.latest().traces() })
}

/// The trace with an id. A trace that is no longer kept can be seen only in the backend that it was sent to.
pub(super) async fn trace(State(app): State<App>, Path(id): Path<String>) -> Result<JsonText, Problem> {
    app.render(move |latest| {
        if let Some(trace) = id.parse().ok().and_then(|id| latest.trace(id)) {
            json(&*trace)
        } else {
            let text = "there is no trace with this id; only the traces of the last runs and of the runs in the report are \
                        kept, and only if `enabled` in [traces], or DD_TRACE_ENABLED, is true";
            Err(Problem::new(StatusCode::NOT_FOUND, text))
        }
    })
    .await
}
