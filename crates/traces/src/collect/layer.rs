//! The layer. A span belongs to a trace if it is the span of a run, or is inside the span of a run.

use std::sync::Arc;

use system_health_registry::trace::{RUN, TARGET};
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::{Collector, buffer::Handle, fields::Fields, message::Message};
use crate::log_context::{self, LogContext};

/// Collects spans and the messages that are logged in them.
#[derive(Debug)]
pub(crate) struct TraceLayer(pub(crate) Arc<Collector>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TraceLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let metadata = attributes.metadata();
        let mut fields = Fields::from_metadata(metadata);
        attributes.record(&mut fields);
        let handle = if is_run(metadata) {
            let buffer = fields.trace.and_then(|trace| self.0.buffer(trace));
            buffer.and_then(|buffer| buffer.add(None, metadata.name(), fields))
        } else {
            let parent = span.scope().skip(1).find_map(|outer| handle(&outer));
            parent.and_then(|parent| parent.buffer.add(Some(&parent), metadata.name(), fields))
        };
        if let Some(handle) = handle {
            span.extensions_mut().insert(handle);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(handle) = handle(&span) {
            let mut fields = Fields::from_metadata(span.metadata());
            values.record(&mut fields);
            handle.set(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let Some(handle) = handle(&span) else { return };
        let message = Message::read(event);
        let level = *event.metadata().level();
        if let Some(place) = &message.panic_place {
            record_panic(&span, &message.text, place);
        } else if level == Level::ERROR
            && let Some(error) = &message.error
        {
            // This is how the attribute `instrument` of the crate `tracing` records an error.
            handle.fail(Fields::from_error_text(error));
        }
        handle.log(level.as_str().to_lowercase(), &message.text);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(handle) = context.span(id).and_then(|span| handle(&span)) {
            let service = Arc::clone(&handle.buffer.service);
            log_context::push(id.into_u64(), LogContext::new(handle.buffer.trace_id(), handle.id, service));
        }
    }

    fn on_exit(&self, id: &Id, _context: Context<'_, S>) {
        log_context::pop(id.into_u64());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(handle) = context.span(&id).and_then(|span| handle(&span)) {
            handle.end();
        }
    }
}

fn is_run(metadata: &Metadata<'_>) -> bool {
    metadata.target() == TARGET && metadata.name() == RUN
}

fn handle<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<Handle> {
    span.extensions().get::<Handle>().cloned()
}

/// Records a panic in a span and in its outer spans, up to and including the first one whose name starts with `system_health.`,
/// such as the span of a metric, a resource or a source. The span of the run is left out.
fn record_panic<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, message: &str, place: &str) {
    for span in span.scope() {
        if is_run(span.metadata()) {
            break;
        }
        if let Some(handle) = handle(&span) {
            handle.record_panic(message, place);
        }
        if span.metadata().name().starts_with("system_health.") {
            break;
        }
    }
}
