//! The endpoints that read or manage. For these, Datadog requires the application key, too.

use serde_json::json;

use super::{
    reading::{Outcome, object},
    state::State,
    timeseries,
};
use crate::exchange::{Request, error};

/// Answers a request, and saves what it changed.
pub(super) fn manage(state: &mut State, request: &Request) -> Outcome {
    let path: Vec<&str> = request.path().split('/').skip(2).collect();
    let body = answer(state, request, &path)?;
    if request.method != "GET" {
        match path[..] {
            ["v1", "metrics", ..] => state.store.save("metadata", &state.metadata)?,
            ["v1", "dashboard", ..] => state.store.save("dashboards", &state.dashboards)?,
            ["v1", "monitor", ..] => state.store.save("monitors", &state.monitors)?,
            _ => {}
        }
    }
    Ok(body)
}

fn answer(state: &mut State, request: &Request, path: &[&str]) -> Outcome {
    let State { store, metadata, dashboards, monitors, evaluations, .. } = state;
    match (&*request.method, path) {
        ("GET", ["v2", "validate_keys"]) => Ok(json!({ "status": "ok" })),
        ("GET", ["v1", "query"]) => timeseries::answer(store, request),
        ("GET", ["v1", "metrics"]) => {
            let names: Vec<String> = store.metrics()?.into_iter().map(|metric| metric.metric).collect();
            Ok(json!({ "metrics": names, "from": request.parameter("from").unwrap_or_default() }))
        }
        ("GET", ["v1", "metrics", name]) => metadata.read(name),
        ("PUT", ["v1", "metrics", name]) => metadata.edit(name, request),
        ("GET", ["v1", "dashboard"]) => dashboards.list(request),
        ("POST", ["v1", "dashboard"]) => dashboards.create(object(request)?),
        ("GET", ["v1", "dashboard", id]) => dashboards.read(id),
        ("PUT", ["v1", "dashboard", id]) => dashboards.replace(id, request),
        ("DELETE", ["v1", "dashboard", id]) => dashboards.delete(id),
        ("GET", ["v1", "monitor"]) => monitors.list(request),
        ("POST", ["v1", "monitor"]) => monitors.create(object(request)?),
        ("GET", ["v1", "monitor", id]) => monitors.read(id),
        ("PUT", ["v1", "monitor", id]) => monitors.update(id, request),
        ("DELETE", ["v1", "monitor", id]) => {
            let deleted = monitors.delete(id)?;
            evaluations.forget(deleted["deleted_monitor_id"].as_u64().unwrap_or_default());
            Ok(deleted)
        }
        _ => Err(error(404, "Not Found")),
    }
}
