//! A trace in the format of the Agent's endpoint `/v0.4/traces`
//! (<https://docs.datadoghq.com/tracing/guide/send_traces_to_agent_by_api/>).

use std::{borrow::Cow, collections::BTreeMap, time::UNIX_EPOCH};

use serde::Serialize;
use system_health_registry::trace::{RUN, SpanId, SpanLog, SpanTag, Trace, TraceSpan};

use crate::sampling::SampleRate;

/// In the first span, the number with this name says whether the trace is kept
/// (<https://docs.datadoghq.com/tracing/trace_pipeline/ingestion_mechanisms/>).
const PRIORITY: &str = "_sampling_priority_v1";
/// Tags that have another name in Datadog: our name, and Datadog's.
const NAMES: [(&str, &str); 4] = [
    ("http.request.method", "http.method"),
    ("http.response.status_code", "http.status_code"),
    ("server.address", "out.host"),
    ("server.port", "network.destination.port"),
];

/// A span.
#[derive(Debug, Serialize)]
pub(super) struct DatadogSpan<'a> {
    service: &'a str,
    name: &'a str,
    resource: &'a str,
    trace_id: u64,
    span_id: u64,
    parent_id: u64,
    start: u64,
    duration: u64,
    error: i32,
    meta: BTreeMap<&'a str, Cow<'a, str>>,
    metrics: BTreeMap<&'a str, f64>,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A message of a span.
#[derive(Serialize)]
struct DatadogEvent<'a> {
    name: &'a str,
    time_unix_nano: u64,
    attributes: BTreeMap<&'a str, &'a str>,
}

/// The body of a request with one trace.
pub(super) fn payload(trace: &Trace, rate: Option<SampleRate>) -> Vec<u8> {
    let start = u64::try_from(trace.started_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos());
    let start = start.unwrap_or_default();
    let spans: Vec<_> = trace.spans.iter().map(|span| DatadogSpan::new(trace, span, start, rate)).collect();
    let mut body = Vec::with_capacity(256 * spans.len());
    let mut serializer = rmp_serde::Serializer::new(&mut body).with_struct_map();
    // Writing to memory does not fail, and the types have no custom serialisation that could.
    let _ = [spans].serialize(&mut serializer);
    body
}

impl<'a> DatadogSpan<'a> {
    fn new(trace: &'a Trace, span: &'a TraceSpan, trace_start: u64, rate: Option<SampleRate>) -> Self {
        let mut created = Self {
            service: &trace.service,
            name: &span.name,
            resource: &span.resource,
            trace_id: trace.trace_id.low(),
            span_id: span.span_id.get(),
            parent_id: span.parent_id.map_or(0, SpanId::get),
            start: trace_start + span.start_ns,
            duration: span.duration_ns,
            error: i32::from(span.error.is_some()),
            meta: BTreeMap::new(),
            metrics: BTreeMap::new(),
            kind: if span.name == "http.request" { "http" } else { "custom" },
        };
        created.add_tags(trace, span, trace_start);
        if span.parent_id.is_none() {
            created.add_decision(trace, rate);
        }
        created
    }

    fn add_tags(&mut self, trace: &'a Trace, span: &'a TraceSpan, trace_start: u64) {
        let Self { meta, metrics, .. } = self;
        for (name, value) in &span.tags {
            let name =
                NAMES.iter().find(|(ours, _)| ours == name).map_or(name.as_str(), |(_, theirs)| theirs);
            match value {
                // Datadog expects the status as a text.
                SpanTag::Integer(status) if name == "http.status_code" => {
                    meta.insert(name, Cow::from(status.to_string()));
                }
                SpanTag::Integer(number) => {
                    #[expect(clippy::cast_precision_loss, reason = "Datadog has no other numbers")]
                    metrics.insert(name, *number as f64);
                }
                SpanTag::Number(number) => {
                    metrics.insert(name, *number);
                }
                SpanTag::Bool(value) => {
                    meta.insert(name, Cow::from(value.to_string()));
                }
                SpanTag::Text(text) => {
                    meta.insert(name, Cow::from(text));
                }
            }
        }
        // The values below replace fields of the span that have the same names.
        meta.insert("language", Cow::from("rust"));
        for (name, value) in [("env", &trace.env), ("version", &trace.version)] {
            meta.extend(value.as_deref().map(|value| (name, Cow::from(value))));
        }
        if let Some(error) = &span.error {
            meta.insert("error.type", Cow::from(&error.kind));
            meta.insert("error.message", Cow::from(&error.message));
            meta.insert("error.stack", Cow::from(&error.stack));
        }
        if span.unfinished {
            meta.insert("system_health.unfinished", Cow::from("true"));
        }
        if !span.logs.is_empty() {
            meta.insert("events", Cow::from(events(&span.logs, trace_start)));
        }
        // A name is in one of the two maps only: a text takes precedence over a number.
        metrics.retain(|name, _| !meta.contains_key(name));
        if span.name == "system_health.metric" {
            // Without this mark, Datadog computes statistics only of the span of the run.
            metrics.insert("_dd.measured", 1.0);
        }
    }

    /// Adds the decision whether the trace is kept, and the upper half of its id, which Datadog expects in the first span.
    fn add_decision(&mut self, trace: &Trace, rate: Option<SampleRate>) {
        let (priority, mechanism) = match rate {
            // The Agent decides.
            None => (1.0, "-0"),
            // The user has decided, with a rule.
            Some(rate) if rate.keeps(trace.trace_id) => (2.0, "-3"),
            Some(_) => (-1.0, "-3"),
        };
        self.metrics.insert(PRIORITY, priority);
        self.metrics.extend(rate.map(|rate| ("_dd.rule_psr", rate.get())));
        self.metrics.insert("process_id", f64::from(std::process::id()));
        if priority > 0.0 {
            self.meta.insert("_dd.p.dm", Cow::from(mechanism));
        }
        self.meta.insert("_dd.p.tid", Cow::from(format!("{:016x}", trace.trace_id.high())));
        debug_assert_eq!(self.name, RUN);
    }
}

/// The messages as JSON, as Datadog's clients send messages.
fn events(logs: &[SpanLog], trace_start: u64) -> String {
    let event = |log: &'_ SpanLog| {
        serde_json::json!(DatadogEvent {
            name: "log",
            time_unix_nano: trace_start + log.at_ns,
            attributes: BTreeMap::from([("level", log.level.as_str()), ("message", log.message.as_str())]),
        })
    };
    serde_json::Value::Array(logs.iter().map(event).collect()).to_string()
}
