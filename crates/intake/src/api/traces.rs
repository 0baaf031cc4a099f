//! Traces, as a tracer sends them to the Agent: lists of lists of spans, in `MessagePack` or JSON.
//! See <https://docs.datadoghq.com/tracing/guide/send_traces_to_agent_by_api/>.

use serde_json::{Value, json};

use super::state::State;
use crate::{
    exchange::{Answer, Request, error},
    msgpack,
    notice::Notice,
    rules::{Finding, Rule},
};

/// What the Agent says about itself. Tracers choose the newest endpoint that they know.
pub(super) fn info() -> Value {
    json!({
        "version": concat!("system-health-intake-", env!("CARGO_PKG_VERSION")),
        "endpoints": ["/v0.3/traces", "/v0.4/traces"],
        "client_drop_p0s": false,
        "feature_flags": [],
        "config": {},
    })
}

/// Takes traces.
pub(super) fn accept(state: &mut State, request: &Request) -> Answer {
    let is_json = request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let read = if is_json {
        serde_json::from_slice(&request.body).map_err(|cause| cause.to_string())
    } else {
        msgpack::decode(&request.body).map_err(|cause| cause.to_string())
    };
    let spans = match read.and_then(|traces| spans(&traces)) {
        Ok(spans) => spans,
        Err(cause) => {
            let message = format!("a payload of traces cannot be read: {cause}");
            state.add_finding(&Finding::new(Rule::Trace, request.path(), message));
            return error(400, &format!("decoding-error: {cause}"));
        }
    };
    if let Err(error) = state.store.add_spans(&spans) {
        return error.into();
    }
    state.notify(Notice::delivery(request.path(), "span", spans.len(), spans.len(), 0));
    // The older endpoint responds with a text.
    match request.path() {
        "/v0.3/traces" => Answer::text(200, "text/plain", "OK\n"),
        _ => Answer::json(200, &json!({ "rate_by_service": {} })),
    }
}

/// The spans of all traces, each with the id of its trace and its start.
fn spans(traces: &Value) -> Result<Vec<(String, i64, Value)>, String> {
    let list = |value: &Value| value.as_array().cloned().ok_or("traces are lists of lists of spans");
    let mut spans = Vec::new();
    for trace in list(traces)? {
        for mut span in list(&trace)? {
            let id = |name: &str| span[name].as_u64();
            let trace_id = id("trace_id").ok_or("a span has no trace_id")?;
            let (span_id, parent) = (id("span_id").ok_or("a span has no span_id")?, id("parent_id"));
            let start = span["start"].as_i64().ok_or("a span has no start in nanoseconds")?;
            for (name, id) in
                [("trace_id", trace_id), ("span_id", span_id), ("parent_id", parent.unwrap_or(0))]
            {
                span[name] = id.to_string().into();
            }
            spans.push((trace_id.to_string(), start, span));
        }
    }
    Ok(spans)
}
