//! The span that the current thread works for, so that a log message can name it.

use std::{cell::RefCell, fmt, marker::PhantomData, sync::Arc};

use system_health_registry::trace::{Service, SpanId, Trace, TraceId};

thread_local! {
    /// The entered contexts, each with the number that the subscriber gave its span.
    static ENTERED: RefCell<Vec<(u64, LogContext)>> = const { RefCell::new(Vec::new()) };
}

/// The number for a context that was entered without a span. The subscriber numbers spans from one.
const NO_SPAN: u64 = 0;

/// The span that a message belongs to, and its service.
#[derive(Clone, PartialEq, Eq)]
pub struct LogContext {
    trace: TraceId,
    span: SpanId,
    service: Arc<Service>,
}

/// Messages of the current thread belong to a context until this is dropped. It must be dropped in the same thread, so it is not
/// `Send`.
#[derive(Debug)]
#[must_use = "the context ends when this is dropped"]
pub struct EnteredLogContext(PhantomData<*const ()>);

impl LogContext {
    pub(crate) fn new(trace: TraceId, span: SpanId, service: Arc<Service>) -> Self {
        Self { trace, span, service }
    }

    /// The context of the span that the current thread works for. `None` outside of a run that is traced.
    #[must_use]
    pub fn current() -> Option<Self> {
        // While the thread ends, there is no context.
        ENTERED.try_with(|entered| Some(entered.borrow().last()?.1.clone())).ok().flatten()
    }

    /// The context of a run that has ended, for messages about its results.
    #[must_use]
    pub fn from_trace(trace: &Trace) -> Option<Self> {
        let service =
            Service { name: trace.service.clone(), env: trace.env.clone(), version: trace.version.clone() };
        Some(Self::new(trace.trace_id, trace.root()?.span_id, Arc::new(service)))
    }

    /// Makes this the context of the current thread.
    pub fn enter(self) -> EnteredLogContext {
        push(NO_SPAN, self);
        EnteredLogContext(PhantomData)
    }

    /// The attributes of a message by which Datadog finds its span
    /// (<https://docs.datadoghq.com/tracing/other_telemetry/connect_logs_and_traces/>). The id of the trace
    /// is written with 32 hexadecimal digits, and the id of the span as a decimal number.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let Service { name, env, version } = &*self.service;
        let known = [
            ("dd.trace_id", self.trace.to_string()),
            ("dd.span_id", self.span.get().to_string()),
            ("dd.service", name.clone()),
        ];
        let others = [("dd.env", env), ("dd.version", version)];
        let others = others.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        known.into_iter().chain(others).collect()
    }
}

impl fmt::Debug for LogContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogContext")
            .field("trace", &self.trace.to_string())
            .field("span", &self.span.to_string())
            .finish_non_exhaustive()
    }
}

impl Drop for EnteredLogContext {
    fn drop(&mut self) {
        pop(NO_SPAN);
    }
}

pub(crate) fn push(number: u64, context: LogContext) {
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push((number, context)));
}

/// Removes the last context with this number. Spans may be left in another order than they were entered in.
pub(crate) fn pop(number: u64) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        if let Some(at) = entered.iter().rposition(|(known, _)| *known == number) {
            entered.remove(at);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For a type that is `Send`, both implementations apply, so that the call in the test is ambiguous and does not compile.
    trait NotSend<A> {
        fn check() {}
    }
    impl<T> NotSend<()> for T {}
    impl<T: Send> NotSend<u8> for T {}

    #[test]
    fn an_entered_context_stays_in_its_thread() {
        <EnteredLogContext as NotSend<_>>::check();
    }
}
