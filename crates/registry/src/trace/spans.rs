//! The spans of a run. Each has a fixed set of fields, so that no argument and no setting gets into a trace by accident.

use tracing::{Span, field::Empty, info_span};

use super::TraceId;
use crate::{Metric, OutcomeState, SubjectLabel, Unavailable, self_metrics::is_self_metric};

/// The target of these spans. It is a fixed name and not the path of a module, so that a layer recognises spans of all crates.
pub const TARGET: &str = "system_health_trace";
/// The name of the span of a run. It starts a trace.
pub const RUN: &str = "system_health.run";
/// The field of [`RUN`] with the id of its trace.
pub const TRACE_ID: &str = "trace_id";
/// The field with what was worked on.
pub const RESOURCE: &str = "resource";
/// The field with the error.
pub const ERROR: &str = "error";
/// The field with the state in which a metric or a resource ended: `value`, `no_data` or `error`.
pub const STATE: &str = "system_health.state";
/// The field with the reason for no data.
pub const REASON: &str = "system_health.reason";
/// The field of a logged panic with the place in the code.
pub const PANIC_PLACE: &str = "panic.place";

/// The span of a run, which starts a trace. `mode` says what the run does, such as `push`.
#[must_use]
pub fn run_span(id: TraceId, mode: &str) -> Span {
    info_span!(
        target: TARGET, parent: None, "system_health.run",
        trace_id = %id, resource = mode, error = Empty,
        system_health.metrics.value = Empty, system_health.metrics.no_data = Empty, system_health.metrics.error = Empty,
    )
}

/// The span of a delivery to a destination. The address contains no secret. `what` says what is delivered, such as `points`.
#[must_use]
pub fn delivery_span(sink: &'static str, address: &str, what: &'static str) -> Span {
    info_span!(
        target: TARGET, "system_health.delivery",
        resource = sink, system_health.address = address, system_health.delivers = what, error = Empty,
    )
}

/// The span of collecting a metric, for one subject if the metric has subjects. Metrics about the reporter itself have no
/// span, because they take almost no time.
pub(crate) fn metric_span(metric: &Metric, subject: Option<&SubjectLabel>) -> Span {
    if is_self_metric(metric.key()) {
        return Span::none();
    }
    info_span!(
        target: TARGET, "system_health.metric",
        resource = metric.key(), system_health.subject = subject.map(SubjectLabel::name),
        system_health.state = Empty, system_health.reason = Empty, error = Empty,
    )
}

/// The span of building a resource. It is a child of the span of the metric or the resource that first asked
/// for it.
pub(crate) fn resource_span(name: &'static str) -> Span {
    info_span!(
        target: TARGET, "system_health.resource",
        resource = name, system_health.state = Empty, system_health.reason = Empty, error = Empty,
    )
}

/// The span of listing the subjects of a type.
pub(crate) fn subjects_span(name: &'static str) -> Span {
    info_span!(
        target: TARGET, "system_health.subjects",
        resource = name, system_health.state = Empty, system_health.reason = Empty, error = Empty,
    )
}

/// The span of a source.
pub(crate) fn source_span(name: &str) -> Span {
    info_span!(
        target: TARGET, "system_health.source",
        resource = name, system_health.state = Empty, system_health.reason = Empty, error = Empty,
    )
}

/// The span of asking a gate which metrics are collected.
pub(crate) fn gate_span() -> Span {
    info_span!(target: TARGET, "system_health.gate", resource = "gate", error = Empty)
}

/// Records how the work of a span ended. No data is not an error: only its reason is recorded.
pub fn record<T>(span: &Span, result: &Result<T, Unavailable>) {
    if span.is_disabled() {
        return;
    }
    match result {
        Ok(_) => {}
        Err(Unavailable::NoData(no_data)) => {
            span.record(REASON, no_data.reason());
        }
        Err(Unavailable::Error(error)) => {
            span.record(ERROR, error.as_error());
        }
    }
    span.record(STATE, OutcomeState::from(result).name());
}
