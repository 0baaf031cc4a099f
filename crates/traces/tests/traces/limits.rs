//! A run keeps a limited number of spans, and a limited length of texts.

use system_health_registry::{system_health_metric, trace::SpanTag, traced};
use tracing::info_span;

use crate::harness::{trace_run, tracer};

#[traced]
fn step() {}

/// Has many spans.
#[system_health_metric(key = "many")]
fn many() -> u64 {
    (0..100).for_each(|_| step());
    100
}

#[tokio::test]
async fn spans_beyond_the_limit_are_counted_and_named_in_the_span_of_the_run() {
    let trace = trace_run(&*tracer("max_spans = 10"), &["many"]).await;

    assert_eq!((trace.spans.len(), trace.dropped_spans), (10, 92));
    let tags = &trace.spans[0].tags;
    assert_eq!(tags["system_health.dropped_spans"], SpanTag::Integer(92));
    assert_eq!(tags["system_health.dropped_spans.names"], "step ×92".into());
}

/// Has many spans, each with many short messages.
#[system_health_metric(key = "many.messages")]
fn many_messages() -> u64 {
    for _ in 0..3000 {
        info_span!("job").in_scope(|| (0..32).for_each(|_| tracing::info!("x")));
    }
    1
}

#[tokio::test]
async fn a_message_counts_as_more_than_the_length_of_its_text() {
    let trace = trace_run(&*tracer(""), &["many.messages"]).await;

    let messages: usize = trace.spans.iter().map(|span| span.logs.len()).sum();
    assert!((50_000..90_000).contains(&messages), "{messages} of {}", 3000 * 32);
}

/// Has many spans that are open at the same time, and a long panic in each.
#[system_health_metric(key = "many.panics")]
fn many_panics() -> u64 {
    let spans: Vec<_> = (0..3000).map(|_| info_span!("job")).collect();
    let (text, place) = ("x".repeat(5000), "p".repeat(5000));
    for span in &spans {
        span.in_scope(|| tracing::error!(panic.place = place.as_str(), "{text}"));
    }
    1
}

#[tokio::test]
async fn panics_count_towards_the_limit_of_texts() {
    let trace = trace_run(&*tracer(""), &["many.panics"]).await;

    let errors: Vec<_> = trace.spans.iter().filter_map(|span| span.error.as_ref()).collect();
    assert!(errors.len() >= 3000, "{}", errors.len());
    assert!(errors.iter().all(|error| error.stack.len() < 5100), "the place is cut, too");
    let texts: usize = errors.iter().map(|error| error.message.len() + error.stack.len()).sum();
    // Errors beyond the limit are short.
    assert!(texts < (8 << 20) + 3000 * 400, "{texts}");
}
