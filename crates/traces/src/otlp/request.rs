//! A trace as a request of OTLP.

use std::{collections::BTreeMap, time::UNIX_EPOCH};

use system_health_otlp_protocol::{AnyValue, AttributeValue, InstrumentationScope, KeyValue, Resource};
use system_health_registry::trace::{SpanTag, Trace, TraceSpan};

use super::proto::{
    CLIENT, ERROR, Event, ExportTraceServiceRequest, INTERNAL, ResourceSpans, ScopeSpans, Span, Status,
};

/// A request with one trace.
pub(super) fn request(trace: &Trace) -> ExportTraceServiceRequest {
    let service = [
        ("service.name", Some(&trace.service)),
        ("deployment.environment.name", trace.env.as_ref()),
        ("service.version", trace.version.as_ref()),
    ];
    let attributes = service.into_iter().filter_map(|(name, value)| Some(text_attribute(name, value?)));
    let scope = InstrumentationScope {
        name: "system-health".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let start = trace.started_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let start = u64::try_from(start).unwrap_or_default();
    let spans = trace.spans.iter().map(|trace_span| span(trace, trace_span, start)).collect();
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes: attributes.collect() }),
            scope_spans: vec![ScopeSpans { scope: Some(scope), spans }],
        }],
    }
}

fn span(trace: &Trace, span: &TraceSpan, trace_start: u64) -> Span {
    let is_http_request = span.name == "http.request";
    let start = trace_start + span.start_ns;
    // An attribute that is added below replaces a field of the span that has the same name, because no two attributes may have the
    // same name (https://opentelemetry.io/docs/specs/otel/common/#attribute-collections).
    let tags = span.tags.iter().map(|(name, value)| (name.as_str(), attribute(name, value.clone())));
    let mut attributes: BTreeMap<&str, KeyValue> = tags.collect();
    attributes.insert("resource.name", text_attribute("resource.name", &span.resource));
    if span.unfinished {
        let unfinished = attribute("system_health.unfinished", SpanTag::Bool(true));
        attributes.insert("system_health.unfinished", unfinished);
    }
    let mut events: Vec<_> = span
        .logs
        .iter()
        .map(|log| {
            let attributes =
                vec![text_attribute("level", &log.level), text_attribute("message", &log.message)];
            Event { time_unix_nano: trace_start + log.at_ns, name: "log".to_owned(), attributes }
        })
        .collect();
    if let Some(error) = &span.error {
        attributes.insert("error.type", text_attribute("error.type", &error.kind));
        // https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/
        let exception_attributes = vec![
            text_attribute("exception.type", &error.kind),
            text_attribute("exception.message", &error.message),
            text_attribute("exception.stacktrace", &error.stack),
        ];
        events.push(Event {
            time_unix_nano: start + span.duration_ns,
            name: "exception".to_owned(),
            attributes: exception_attributes,
        });
    }
    Span {
        trace_id: trace.trace_id.get().to_be_bytes().to_vec(),
        span_id: span.span_id.get().to_be_bytes().to_vec(),
        parent_span_id: span.parent_id.map_or_else(Vec::new, |parent| parent.get().to_be_bytes().to_vec()),
        name: if is_http_request { span.resource.clone() } else { span.name.clone() },
        kind: if is_http_request { CLIENT } else { INTERNAL },
        start_time_unix_nano: start,
        end_time_unix_nano: start + span.duration_ns,
        attributes: attributes.into_values().collect(),
        events,
        status: span.error.as_ref().map(|error| Status { message: error.message.clone(), code: ERROR }),
    }
}

fn text_attribute(name: &str, value: &str) -> KeyValue {
    attribute(name, SpanTag::from(value))
}

fn attribute(name: &str, value: SpanTag) -> KeyValue {
    let value = match value {
        SpanTag::Bool(value) => AttributeValue::Bool(value),
        SpanTag::Integer(number) => AttributeValue::Integer(number),
        SpanTag::Number(number) => AttributeValue::Number(number),
        SpanTag::Text(text) => AttributeValue::String(text),
    };
    KeyValue { key: name.to_owned(), value: Some(AnyValue::from(value)) }
}
