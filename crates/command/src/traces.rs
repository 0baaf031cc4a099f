//! The traces of runs. Without the feature `traces`, nothing is traced.

use std::sync::Arc;

use system_health_registry::{
    Settings,
    settings::SettingsError,
    trace::{Trace, Tracer},
};
#[cfg(feature = "traces")]
use tracing::Subscriber;
#[cfg(feature = "traces")]
use tracing_subscriber::{Layer, registry::LookupSpan};

/// Collects the spans of runs.
#[derive(Debug, Clone)]
pub(crate) struct ProgramTraces {
    #[cfg(feature = "traces")]
    traces: system_health_traces::Traces,
}

/// Messages belong to a trace until this is dropped.
#[derive(Debug)]
pub(crate) struct LogContext {
    #[cfg(feature = "traces")]
    _entered: Option<system_health_traces::EnteredLogContext>,
}

#[cfg(feature = "traces")]
impl ProgramTraces {
    /// Collects spans of these crates, and those of a run itself.
    pub(crate) fn new(crates: impl IntoIterator<Item = &'static str>) -> Self {
        Self { traces: system_health_traces::Traces::new(crates) }
    }

    /// The layer that collects spans.
    #[expect(clippy::unnecessary_wraps, reason = "without the feature, there is none")]
    pub(crate) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        Some(self.traces.layer())
    }

    /// The tracer, if the settings enable tracing.
    pub(crate) fn tracer(&self, settings: &Settings) -> Result<Option<Arc<dyn Tracer>>, SettingsError> {
        self.traces.tracer(settings)
    }

    /// The attributes with which a message of the current thread names its span.
    pub(crate) fn log_attributes() -> Vec<(&'static str, String)> {
        let current = system_health_traces::LogContext::current();
        current.map(|context| context.attributes()).unwrap_or_default()
    }
}

#[cfg(not(feature = "traces"))]
impl ProgramTraces {
    pub(crate) fn new(_crates: impl IntoIterator<Item = &'static str>) -> Self {
        Self {}
    }

    #[expect(clippy::unused_self, reason = "with the feature, it is used")]
    pub(crate) fn layer(&self) -> Option<tracing_subscriber::layer::Identity> {
        None
    }

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "with the feature, they are used")]
    pub(crate) fn tracer(&self, _settings: &Settings) -> Result<Option<Arc<dyn Tracer>>, SettingsError> {
        Ok(None)
    }

    pub(crate) fn log_attributes() -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

impl LogContext {
    /// Until the value is dropped, messages belong to the trace of this run. The run has ended, and the messages are about its
    /// results.
    pub(crate) fn from_trace(trace: Option<&Trace>) -> Self {
        #[cfg(not(feature = "traces"))]
        let _ = trace;
        Self {
            #[cfg(feature = "traces")]
            _entered: trace
                .and_then(system_health_traces::LogContext::from_trace)
                .map(system_health_traces::LogContext::enter),
        }
    }
}
