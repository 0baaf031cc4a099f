//! What a run did, and how long each part took: a run is a trace, and each metric, resource and request in it is a span.
//!
//! The spans are plain spans of the crate [`tracing`](https://docs.rs/tracing). Nothing is collected here: a layer of the
//! program's subscriber recognises the spans by their [`TARGET`]. Without such a layer they are disabled, and cost next to
//! nothing. The crate `system-health-traces` has the layer, and a [`Tracer`] that sends traces to a backend.

mod ids;
mod service;
mod span;
mod spans;
mod timestamp;
mod traced;
mod tracer;

pub use ids::{IdError, SpanId, TraceId};
pub use service::Service;
pub use span::{SpanError, SpanLog, SpanTag, Trace, TraceSpan};
pub use spans::{
    ERROR, PANIC_PLACE, REASON, RESOURCE, RUN, STATE, TARGET, TRACE_ID, delivery_span, record, run_span,
};
pub(crate) use spans::{gate_span, metric_span, resource_span, source_span, subjects_span};
pub use traced::{ByDisplay, ByInnerError, BySource, Ignored, Returned};
pub use tracer::{StartedTrace, Tracer};
