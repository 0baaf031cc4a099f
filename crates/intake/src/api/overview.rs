//! The intake's own endpoints, for a page or a script. All answer JSON.
#![doc = include_str!("overview.md")]

use serde_json::{Value, json};

use super::{
    endpoint::{EndpointResult, invalid, number},
    state::State,
};
use crate::{
    exchange::{Request, error},
    rules::MAX_AHEAD,
};

/// Maximum number of traces in an answer.
const MAX_TRACES: usize = 100;
/// The default length of the time range of a series, in seconds.
const DEFAULT_TIME_RANGE: i64 = 24 * 60 * 60;

/// Answers a request below `/api/v1/intake`.
pub(super) fn answer(state: &mut State, request: &Request) -> EndpointResult {
    let path: Vec<&str> = request.path().split('/').skip(4).collect();
    match (&*request.method, &path[..]) {
        ("GET", []) => Ok(json!({
            "intake": "system-health",
            "version": env!("CARGO_PKG_VERSION"),
            "file": state.store.file().display().to_string(),
            "now": state.now(),
        })),
        ("GET", ["metrics"]) => metrics(state),
        ("GET", ["series"]) => series(state, request),
        ("GET", ["events"]) => events(state, request),
        ("GET", ["monitors"]) => monitors(state),
        ("GET", ["dashboards"]) => Ok(json!({ "dashboards": state.dashboards.all })),
        ("GET", ["checks"]) => Ok(json!({ "checks": state.store.checks()? })),
        ("GET", ["traces"]) => {
            let traces = state.store.traces(MAX_TRACES)?.into_iter();
            let traces: Vec<Value> =
                traces.map(|(trace, spans)| json!({ "trace": trace, "spans": spans })).collect();
            Ok(json!({ "traces": traces }))
        }
        ("GET", ["findings"]) => {
            let findings = state.findings();
            Ok(json!({ "findings": findings.list(), "dropped": findings.dropped() }))
        }
        _ => Err(error(404, "Not Found")),
    }
}

fn metrics(state: &State) -> EndpointResult {
    let metrics = state.store.metrics()?.into_iter().map(|summary| {
        let metadata = state.metadata.get(&summary.metric).unwrap_or_default();
        let mut metric = json!(summary);
        for property in ["type", "unit", "description"] {
            metric[property] = metadata[property].clone();
        }
        metric
    });
    Ok(json!({ "metrics": metrics.collect::<Vec<_>>() }))
}

fn series(state: &State, request: &Request) -> EndpointResult {
    let metric = request.parameter("metric").ok_or_else(|| invalid("metric"))?;
    let now = state.now();
    let to = number(request, "to")?;
    let from = number(request, "from")?.unwrap_or(to.unwrap_or(now).saturating_sub(DEFAULT_TIME_RANGE));
    let to = to.unwrap_or(now + MAX_AHEAD);
    let series = state.store.series(&metric, &(from..=to))?;
    Ok(json!({ "metric": metric, "series": series }))
}

fn events(state: &State, request: &Request) -> EndpointResult {
    let from = number(request, "from")?.unwrap_or(i64::MIN);
    let to = number(request, "to")?.unwrap_or(i64::MAX);
    let mut events = state.store.events(&(from..=to))?;
    events.sort_by_key(|(id, time, _)| std::cmp::Reverse((*time, *id)));
    let with_id_and_time = |(id, time, mut event): (u64, i64, Value)| {
        event["id"] = id.into();
        event["time"] = time.into();
        event
    };
    Ok(json!({ "events": events.into_iter().map(with_id_and_time).collect::<Vec<_>>() }))
}

fn monitors(state: &mut State) -> EndpointResult {
    state.evaluate_all()?;
    let monitors = state.monitors.all.iter().map(|monitor| {
        let id = monitor["id"].as_u64().unwrap_or_default();
        let groups = state.evaluations.groups(id).into_iter();
        let groups: Vec<Value> =
            groups.map(|(tags, status)| json!({ "tags": tags, "state": status })).collect();
        json!({
            "id": id,
            "name": monitor["name"],
            "query": monitor["query"],
            "state": state.evaluations.overall(id),
            "groups": groups,
            "monitor": monitor,
        })
    });
    Ok(json!({ "monitors": monitors.collect::<Vec<_>>() }))
}
