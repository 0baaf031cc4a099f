//! The context of log messages.

use std::sync::Mutex;

use system_health_registry::{system_health_metric, trace::Trace};
use system_health_traces::LogContext;

use crate::harness::{span, trace_run, tracer};

/// The attributes of the context in which the metric was collected.
static ATTRIBUTES: Mutex<Vec<(&str, String)>> = Mutex::new(Vec::new());

/// Keeps the attributes of its own context.
#[system_health_metric(key = "logging")]
fn logging() -> u64 {
    *ATTRIBUTES.lock().unwrap() =
        LogContext::current().map(|context| context.attributes()).unwrap_or_default();
    1
}

fn attributes_of_run(trace: &Trace) -> Vec<(&'static str, String)> {
    let _context = LogContext::from_trace(trace).unwrap().enter();
    LogContext::current().unwrap().attributes()
}

#[tokio::test]
async fn a_message_names_its_trace_its_span_and_the_service() {
    let trace = trace_run(&*tracer(""), &["logging"]).await;

    let span = span(&trace, "logging");
    let id = |id: u64| [("dd.trace_id", trace.trace_id.to_string()), ("dd.span_id", id.to_string())];
    let service = [("dd.service", "shop"), ("dd.env", "test"), ("dd.version", "4.2")];
    let expected = |id: [(&'static str, String); 2]| {
        let service = service.map(|(name, value)| (name, value.to_owned()));
        id.into_iter().chain(service).collect::<Vec<_>>()
    };
    assert_eq!(*ATTRIBUTES.lock().unwrap(), expected(id(span.span_id.get())));
    assert_eq!(attributes_of_run(&trace), expected(id(trace.spans[0].span_id.get())));
    assert_eq!(LogContext::current(), None);
}
