//! A run keeps a limited number of spans.

use system_health_registry::{system_health_metric, trace::SpanTag, traced};

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
