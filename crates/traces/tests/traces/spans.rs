//! Which spans a run has, and how they end.

use std::{fmt, future::pending, time::Duration};

use system_health_registry::{
    Context, FromContext, Scope, Subject, Tag, TagError, Unavailable, system_health_metric,
    trace::{SpanTag, TraceSpan},
};

use crate::harness::{span, trace_run, trace_run_within, tracer, tree};

#[derive(Clone)]
struct Queue(&'static str);

impl Subject for Queue {
    async fn list(_: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok(vec![Self("mail"), Self("print")])
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("queue", self.0)?])
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[derive(Clone)]
struct Broker;

impl FromContext for Broker {
    async fn from_context(_: &Context) -> Result<Self, Unavailable> {
        Ok(Self)
    }
}

#[derive(Clone)]
struct Messages(u64);

impl FromContext for Messages {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let (_, queue) = (context.get::<Broker>().await?, context.get::<Queue>().await?);
        Ok(Self(queue.0.len() as u64))
    }
}

/// Waiting messages.
#[system_health_metric(key = "queue.waiting", each = Queue)]
async fn waiting(messages: Messages) -> u64 {
    messages.0
}

/// No data.
#[system_health_metric(key = "empty")]
fn empty() -> Result<u64, Unavailable> {
    Err(Unavailable::no_data("the queue is new"))
}

#[derive(Debug, thiserror::Error)]
#[error("cannot ask the broker")]
struct BrokerError(#[source] std::io::Error);

/// An error with a cause.
#[system_health_metric(key = "failing")]
fn failing() -> Result<u64, BrokerError> {
    Err(BrokerError(std::io::Error::other("connection refused")))
}

/// A panic in a sync collector.
#[system_health_metric(key = "panicking")]
fn panicking() -> u64 {
    panic!("the broker is gone")
}

/// Waits for a resource that is never ready.
#[system_health_metric(key = "hanging", timeout = "50ms")]
async fn hanging(_: Hung) -> u64 {
    0
}

#[derive(Clone)]
struct Hung;

impl FromContext for Hung {
    async fn from_context(_: &Context) -> Result<Self, Unavailable> {
        pending().await
    }
}

fn tag<'t>(span: &'t TraceSpan, name: &str) -> Option<&'t str> {
    match span.tags.get(name)? {
        SpanTag::Text(text) => Some(text),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_run_has_a_span_for_each_metric_and_subject_with_its_resources() {
    let trace = trace_run(&*tracer(""), &["queue.waiting"]).await;

    let tree = tree(&trace);
    // The broker is shared, so only one of the two `Messages` contains its span.
    let without_broker = tree.replace("      system_health.resource Broker\n", "");
    assert_eq!(tree.matches("Broker").count(), 1, "{tree}");
    assert_eq!(
        without_broker,
        "system_health.run collect\n  system_health.subjects Queue\n    \
         system_health.resource Subjects<traces::spans::Queue>\n\
         \x20 system_health.metric queue.waiting\n    system_health.resource Messages\n\
         \x20 system_health.metric queue.waiting\n    system_health.resource Messages\n"
    );
    let metrics = trace.spans.iter().filter(|span| span.name == "system_health.metric");
    let mut subjects: Vec<_> = metrics.map(|span| tag(span, "system_health.subject").unwrap()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["mail", "print"]);
    let end = |span: &TraceSpan| span.start_ns + span.duration_ns;
    for span in &trace.spans {
        assert!(span.error.is_none() && !span.unfinished, "{span:?}");
        assert!(end(span) <= end(&trace.spans[0]), "{span:?}");
    }
}

#[tokio::test]
async fn no_data_is_marked_but_is_no_error() {
    let trace = trace_run(&*tracer(""), &["empty"]).await;

    let span = span(&trace, "empty");
    assert_eq!(tag(span, "system_health.state"), Some("no_data"));
    assert_eq!(tag(span, "system_health.reason"), Some("the queue is new"));
    assert_eq!(span.error, None);
}

#[tokio::test]
async fn an_error_has_its_type_and_its_causes() {
    let trace = trace_run(&*tracer(""), &["failing"]).await;

    let span = span(&trace, "failing");
    let error = span.error.as_ref().unwrap();
    assert_eq!(tag(span, "system_health.state"), Some("error"));
    assert_eq!(error.kind, "BrokerError");
    assert_eq!(error.message, "cannot ask the broker: connection refused");
    assert_eq!(error.stack, "cannot ask the broker\ncaused by: connection refused");
}

#[tokio::test]
async fn a_panic_of_a_sync_collector_has_its_place() {
    let trace = trace_run(&*tracer(""), &["panicking"]).await;

    let error = span(&trace, "panicking").error.as_ref().unwrap();
    assert_eq!(error.kind, "Panicked");
    assert_eq!(error.message, "the collector panicked: the broker is gone");
    assert!(error.stack.contains("\nat crates/traces/tests/traces/spans.rs:"), "{}", error.stack);
}

#[tokio::test]
async fn the_span_of_a_metric_that_times_out_ends_with_an_error_and_contains_its_resource() {
    let trace = trace_run_within(&*tracer(""), &["hanging"], Duration::from_secs(30)).await;

    let (metric, resource) = (span(&trace, "hanging"), span(&trace, "Hung"));
    assert_eq!(metric.error.as_ref().unwrap().kind, "TimedOut");
    assert!(!metric.unfinished);
    assert_eq!(resource.parent_id, Some(metric.span_id));
}

#[tokio::test]
async fn a_span_outside_of_a_run_is_not_collected() {
    let tracer = tracer("");
    let started = tracer.start(&crate::harness::service(), "collect").unwrap();
    let alone = tracing::info_span!(parent: None, "alone");
    let id = started.id;
    drop((alone, started));

    let trace = tracer.finish(id).unwrap();

    assert_eq!(trace.spans.len(), 1, "{}", tree(&trace));
    assert!(tracer.finish(id).is_none());
}
