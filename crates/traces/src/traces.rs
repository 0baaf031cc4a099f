//! The layer and the tracer of a program.

use std::{collections::BTreeSet, sync::Arc};

use system_health_registry::{Settings, settings::SettingsError, trace::Tracer};
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
    registry::LookupSpan,
};

use crate::{
    collect::{Collector, TraceLayer},
    settings::TracesSettings,
    tracer::RunTracer,
};

/// The layer and the tracer of a program. Clones share what they collect.
#[derive(Debug, Clone)]
pub struct Traces(Arc<Collector>);

/// The filter of the layer. Spans and messages of `system-health` and of the named crates pass, unless they are more verbose than
/// `INFO`. Nothing passes until a tracer is made.
#[derive(Debug, Clone)]
struct SpanFilter(Arc<Collector>);

impl Traces {
    /// Collects the spans of runs. Spans and messages of other crates are collected if their crate is named here, and if they
    /// belong to a run.
    #[must_use]
    pub fn new(crates: impl IntoIterator<Item = &'static str>) -> Self {
        Self(Arc::new(Collector::new(crates.into_iter().collect::<BTreeSet<_>>())))
    }

    /// The layer for the program's subscriber. It has a filter of its own and does not affect other layers.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        TraceLayer(Arc::clone(&self.0)).with_filter(SpanFilter(Arc::clone(&self.0)))
    }

    /// The tracer for the reporter, if `[traces]` or `DD_TRACE_ENABLED` enables tracing. Then the layer starts to collect
    /// spans.
    pub fn tracer(&self, settings: &Settings) -> Result<Option<Arc<dyn Tracer>>, SettingsError> {
        let settings: TracesSettings = settings.table()?;
        if !settings.enabled {
            return Ok(None);
        }
        self.0.activate();
        Ok(Some(Arc::new(RunTracer::new(Arc::clone(&self.0), settings))))
    }
}

impl<S> Filter<S> for SpanFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _context: &Context<'_, S>) -> bool {
        self.0.wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.0.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.0.is_active() { LevelFilter::INFO } else { LevelFilter::OFF })
    }
}
