//! The traces that are being collected, and whether spans are collected at all.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use system_health_registry::trace::{Service, TARGET, Trace, TraceId};
use tracing::{Level, Metadata};

use super::buffer::Buffer;

/// What the layer, its filter and the tracer share.
#[derive(Debug)]
pub(crate) struct Collector {
    /// The crates, besides those of `system-health`, whose spans and messages are collected.
    crates: BTreeSet<&'static str>,
    is_active: AtomicBool,
    buffers: Mutex<HashMap<TraceId, Arc<Buffer>>>,
}

impl Collector {
    pub(crate) fn new(crates: BTreeSet<&'static str>) -> Self {
        Self { crates, is_active: AtomicBool::new(false), buffers: Mutex::default() }
    }

    /// Starts to collect. Makes the crate `tracing` ask again which spans and messages the layer wants.
    pub(crate) fn activate(&self) {
        if !self.is_active.swap(true, Relaxed) {
            tracing::callsite::rebuild_interest_cache();
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.is_active.load(Relaxed)
    }

    /// Whether a span or message is collected. Only those of `system-health` and of `crates` are, because an HTTP library or an
    /// SDK may record credentials.
    pub(crate) fn wants(&self, metadata: &Metadata<'_>) -> bool {
        self.is_active() && *metadata.level() <= Level::INFO && self.knows(metadata.target())
    }

    fn knows(&self, target: &str) -> bool {
        let name = target.split("::").next().unwrap_or(target);
        target == TARGET || name.starts_with("system_health") || self.crates.contains(name)
    }

    /// Starts a trace.
    pub(crate) fn start(&self, service: Service, max_spans: usize) -> TraceId {
        let buffer = Arc::new(Buffer::new(service, max_spans));
        let trace = buffer.trace_id();
        self.buffers().insert(trace, buffer);
        trace
    }

    /// Ends a trace. `None` if it has no spans, or if it has ended before.
    pub(crate) fn finish(&self, trace: TraceId) -> Option<Trace> {
        let buffer = self.buffers().remove(&trace)?;
        Some(buffer.finish()).filter(|trace| !trace.spans.is_empty())
    }

    pub(super) fn buffer(&self, trace: TraceId) -> Option<Arc<Buffer>> {
        self.buffers().get(&trace).cloned()
    }

    fn buffers(&self) -> MutexGuard<'_, HashMap<TraceId, Arc<Buffer>>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
