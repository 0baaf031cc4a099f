//! The tracer of the reporter.

use std::sync::{Arc, OnceLock};

use futures::{FutureExt, future::BoxFuture};
use system_health_registry::{
    SharedError,
    trace::{Service, StartedTrace, Trace, TraceId, Tracer, run_span},
};
use tokio::time::Instant;

use crate::{collect::Collector, exporter::Exporter, settings::TracesSettings};

/// Collects traces with the layer, and exports them.
#[derive(Debug)]
pub(crate) struct RunTracer {
    collector: Arc<Collector>,
    settings: TracesSettings,
    /// Created when the first trace is sent.
    exporter: OnceLock<Exporter>,
}

impl RunTracer {
    pub(crate) fn new(collector: Arc<Collector>, settings: TracesSettings) -> Self {
        Self { collector, settings, exporter: OnceLock::new() }
    }

    async fn export(&self, trace: &Trace, deadline: Instant) -> Result<(), SharedError> {
        let exporter = if let Some(exporter) = self.exporter.get() {
            exporter
        } else {
            let exporter = Exporter::new(&self.settings).map_err(SharedError::new)?;
            self.exporter.get_or_init(|| exporter)
        };
        exporter.export(trace, deadline).await
    }
}

impl Tracer for RunTracer {
    fn start(&self, service: &Service, mode: &'static str) -> Option<StartedTrace> {
        let id = self.collector.start(service.clone(), self.settings.max_spans.get());
        let span = run_span(id, mode);
        if span.is_disabled() {
            // The program's subscriber does not have the layer.
            self.collector.finish(id);
            return None;
        }
        Some(StartedTrace { id, span })
    }

    fn finish(&self, trace: TraceId) -> Option<Trace> {
        self.collector.finish(trace)
    }

    fn send<'a>(&'a self, trace: &'a Trace, deadline: Instant) -> BoxFuture<'a, Result<(), SharedError>> {
        self.export(trace, deadline).boxed()
    }
}
