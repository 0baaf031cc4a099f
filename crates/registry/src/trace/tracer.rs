//! What the reporter needs from a program that collects traces.

use std::fmt;

use futures::future::BoxFuture;
use tokio::time::Instant;

use super::{Service, Trace, TraceId};
use crate::SharedError;

/// Collects the spans of runs, and sends them to a backend.
pub trait Tracer: fmt::Debug + Send + Sync {
    /// Starts a trace for a run of this service. `mode` says what the run does, such as `push`. `None` if spans are not
    /// collected, for example because the program's subscriber has no layer for them.
    fn start(&self, service: &Service, mode: &'static str) -> Option<StartedTrace>;

    /// Ends a trace and returns its spans. Spans that start later are not collected. `None` if the trace has no spans, or has
    /// ended before.
    fn finish(&self, trace: TraceId) -> Option<Trace>;

    /// Sends a trace by the deadline at the latest. The error names the backend.
    fn send<'a>(&'a self, trace: &'a Trace, deadline: Instant) -> BoxFuture<'a, Result<(), SharedError>>;
}

/// A trace that has just started.
#[derive(Debug)]
pub struct StartedTrace {
    /// The id.
    pub id: TraceId,
    /// The span of the run. A span is collected if this one is its parent, or the parent of its parent, and so on.
    pub span: tracing::Span,
}
