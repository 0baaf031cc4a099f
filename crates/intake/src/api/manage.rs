//! The endpoints for which Datadog requires an application key, except those for events.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    endpoint::{EndpointResult, invalid, number, object},
    state::State,
    timeseries,
    unknown::answer_unknown,
};
use crate::{
    exchange::Request,
    store::{Store, StoreError},
};

/// Answers a request, and saves what it changed.
pub(super) fn manage(state: &mut State, request: &Request) -> EndpointResult {
    let path: Vec<&str> = request.path().split('/').skip(2).collect();
    let body = answer(state, request, &path)?;
    if request.method != "GET" {
        match path[..] {
            ["v1", "metrics", ..] => state.save_metadata()?,
            ["v1", "dashboard", ..] => save_dashboards(state)?,
            ["v1", "monitor", ..] => save_monitors(state)?,
            _ => {}
        }
    }
    Ok(body)
}

/// Edits a dashboard as a person would, and saves it.
pub(crate) fn edit_dashboard(state: &mut State, id: &str, edit: impl FnOnce(&mut Value)) -> EndpointResult {
    let edited = state.dashboards.edit(id, edit)?;
    save_dashboards(state)?;
    Ok(edited)
}

/// Edits a monitor as a person would, and saves it.
pub(crate) fn edit_monitor(state: &mut State, id: &str, edit: impl FnOnce(&mut Value)) -> EndpointResult {
    let edited = state.monitors.edit(id, edit)?;
    save_monitors(state)?;
    Ok(edited)
}

fn save_dashboards(state: &mut State) -> Result<(), StoreError> {
    save(&mut state.store, "dashboards", &mut state.dashboards)
}

fn save_monitors(state: &mut State) -> Result<(), StoreError> {
    save(&mut state.store, "monitors", &mut state.monitors)
}

/// Saves a document. If this fails, goes back to the document that was saved before: the client may repeat the request, so
/// the change must not stay in memory.
fn save<T>(store: &mut Store, kind: &str, document: &mut T) -> Result<(), StoreError>
where
    T: Serialize + DeserializeOwned + Default,
{
    let saved = store.save(kind, document);
    if saved.is_err()
        && let Ok(before) = store.load(kind)
    {
        *document = before;
    }
    saved
}

fn answer(state: &mut State, request: &Request, path: &[&str]) -> EndpointResult {
    let State { store, metadata, dashboards, monitors, .. } = state;
    match (&*request.method, path) {
        ("GET", ["v2", "validate_keys"]) => Ok(json!({ "status": "ok" })),
        ("GET", ["v1", "query"]) => timeseries::answer(store, request),
        ("GET", ["v1", "metrics"]) => {
            let from: i64 = number(request, "from")?.ok_or_else(|| invalid("from"))?;
            let active = store.metrics()?.into_iter().filter(|metric| metric.time >= from);
            let names: Vec<String> = active.map(|metric| metric.metric).collect();
            Ok(json!({ "metrics": names, "from": from.to_string() }))
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
        ("DELETE", ["v1", "monitor", id]) => monitors.delete(id),
        _ => Err(answer_unknown(state, request)),
    }
}
