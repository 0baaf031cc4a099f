//! The trace of a run: started before anything else, kept in the state folder, and sent after everything else.

use std::{
    error::Error,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use system_health_registry::{
    Interruption, OutcomeState, Report,
    trace::{ERROR, Service, StartedTrace, Trace, TraceId, Tracer},
};
use tokio::time::{Instant, timeout_at};
use tracing::Span;

use crate::{Mode, ReporterError, trace_file};

/// Maximum time for sending a trace. A backend on the same machine needs milliseconds.
const MAX_TIME_TO_SEND: Duration = Duration::from_secs(5);
/// A run reserves its deadline divided by this number for sending the trace.
const TIME_DIVISOR: u32 = 20;
/// Maximum time for sending the trace of an interrupted run.
const MAX_TIME_TO_SEND_INTERRUPTED: Duration = Duration::from_secs(1);

/// Collects the traces of all runs of a reporter.
#[derive(Debug)]
pub(crate) struct Tracing {
    tracer: Arc<dyn Tracer>,
    /// Whether the last trace could not be sent. If so, the next failure does not cause another warning.
    has_failed: AtomicBool,
}

/// The trace of one run. Without a tracer, it does nothing.
#[derive(Debug)]
pub(crate) struct RunTrace<'a>(Option<(&'a Tracing, StartedTrace)>);

impl Tracing {
    pub(crate) fn new(tracer: Arc<dyn Tracer>) -> Self {
        Self { tracer, has_failed: AtomicBool::new(false) }
    }

    /// Logs that a trace was not sent, with one warning for each outage.
    fn log(&self, result: Result<(), String>) {
        let had_failed = self.has_failed.swap(result.is_err(), Relaxed);
        match result {
            Ok(()) => {}
            Err(error) if had_failed => tracing::debug!("the trace of the run was not sent: {error}"),
            Err(error) => tracing::warn!("the trace of the run was not sent: {error}"),
        }
    }
}

impl<'a> RunTrace<'a> {
    /// Starts the trace of a run in a mode.
    pub(crate) fn start(tracing: Option<&'a Tracing>, service: &Service, mode: Mode) -> Self {
        let start = |tracing: &'a Tracing| Some((tracing, tracing.tracer.start(service, mode.name())?));
        Self(tracing.and_then(start))
    }

    /// The id, if spans are collected.
    pub(crate) fn id(&self) -> Option<TraceId> {
        self.0.as_ref().map(|(_, started)| started.id)
    }

    /// The span of the run.
    pub(crate) fn span(&self) -> Span {
        self.0.as_ref().map_or_else(Span::none, |(_, started)| started.span.clone())
    }

    /// The part of a run's time that is reserved for sending the trace.
    pub(crate) fn reserve(&self, deadline: Duration) -> Duration {
        if self.0.is_some() { (deadline / TIME_DIVISOR).min(MAX_TIME_TO_SEND) } else { Duration::ZERO }
    }

    /// Records how the run has ended.
    pub(crate) fn record(&self, report: Result<&Report, &ReporterError>) {
        let Some((_, StartedTrace { span, .. })) = &self.0 else { return };
        match report {
            Ok(report) => {
                for (field, state) in [
                    ("system_health.metrics.value", OutcomeState::Value),
                    ("system_health.metrics.no_data", OutcomeState::NoData),
                    ("system_health.metrics.error", OutcomeState::Error),
                ] {
                    let outcomes = report.run().outcomes().iter();
                    span.record(field, outcomes.filter(|outcome| outcome.state() == state).count());
                }
            }
            Err(error) => {
                span.record(ERROR, error as &(dyn Error + 'static));
            }
        }
    }

    /// Ends the trace, keeps it in the folder, and sends it by the deadline.
    pub(crate) async fn finish(
        mut self,
        folder: Option<PathBuf>,
        deadline: Instant,
        interruption: &Interruption,
    ) -> Option<Arc<Trace>> {
        let (tracing, StartedTrace { id, span }) = self.0.take()?;
        drop(span);
        let trace = Arc::new(tracing.tracer.finish(id)?);
        let limit = if interruption.has_happened() { MAX_TIME_TO_SEND_INTERRUPTED } else { MAX_TIME_TO_SEND };
        let end = deadline.min(Instant::now() + limit);
        if let Some(folder) = folder {
            trace_file::write(folder, Arc::clone(&trace), end).await;
        }
        let sent = timeout_at(end, tracing.tracer.send(&trace, end)).await;
        tracing.log(match sent {
            Ok(sent) => sent.map_err(|error| error.to_string()),
            Err(_) => Err("there was no answer in time".to_owned()),
        });
        Some(trace)
    }
}

/// Forgets the spans of a run whose future was dropped.
impl Drop for RunTrace<'_> {
    fn drop(&mut self) {
        if let Some((tracing, started)) = self.0.take() {
            let _ = tracing.tracer.finish(started.id);
        }
    }
}
