//! The spans of one trace, of which a limited number is kept.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Instant, SystemTime},
};

use system_health_registry::trace::{Service, SpanId, SpanLog, SpanTag, Trace, TraceId};

use super::{
    fields::Fields,
    ids::Ids,
    limits::{LOG_OVERHEAD_BYTES, MAX_DROPPED_NAMES, MAX_LOGS, MAX_TEXT_BYTES, MAX_TRACE_BYTES, cut},
    span::CollectedSpan,
};

/// The tag with the number of spans that were not kept.
const DROPPED: &str = "system_health.dropped_spans";
/// The tag with the most frequent names of the dropped spans, each with the number of spans.
const DROPPED_NAMES: &str = "system_health.dropped_spans.names";

/// The spans of one trace.
#[derive(Debug)]
pub(super) struct Buffer {
    ids: Ids,
    pub(super) service: Arc<Service>,
    started_at: SystemTime,
    started: Instant,
    max_spans: usize,
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    spans: Vec<CollectedSpan>,
    /// The number of dropped spans by name.
    dropped: BTreeMap<&'static str, u64>,
    /// The length of all texts, with the overhead of messages.
    bytes: usize,
    is_finished: bool,
}

/// What the layer keeps of a span: where it is in its trace.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    pub(super) buffer: Arc<Buffer>,
    /// The position of the span in the buffer. `None` if the span was dropped.
    at: Option<usize>,
    /// The id of the span, or of the next outer span that was not dropped.
    pub(super) id: SpanId,
}

impl Buffer {
    pub(super) fn new(service: Service, max_spans: usize) -> Self {
        let started_at = SystemTime::now();
        Self {
            ids: Ids::new(started_at),
            service: Arc::new(service),
            started_at,
            started: Instant::now(),
            max_spans,
            content: Mutex::default(),
        }
    }

    pub(super) fn trace_id(&self) -> TraceId {
        self.ids.trace
    }

    /// Adds a span. If a limit is reached, the span is only counted, and its inner spans become those of its parent. `None` if
    /// the trace has ended.
    pub(super) fn add(
        self: &Arc<Self>,
        parent: Option<&Handle>,
        name: &'static str,
        fields: Fields,
    ) -> Option<Handle> {
        let start = self.now();
        let mut content = self.content();
        let Content { spans, dropped, bytes, is_finished } = &mut *content;
        if *is_finished {
            return None;
        }
        let at = spans.len();
        if at >= self.max_spans || *bytes >= MAX_TRACE_BYTES {
            *dropped.entry(name).or_default() += 1;
            return parent.map(|parent| Handle { at: None, ..parent.clone() });
        }
        let id = self.ids.span(at);
        let mut span = CollectedSpan {
            id,
            parent: parent.map(|parent| parent.id),
            name,
            resource: None,
            start,
            end: None,
            error: None,
            panic_place: None,
            tags: Vec::new(),
            logs: Vec::new(),
        };
        *bytes += span.set(fields, start, false);
        spans.push(span);
        Some(Handle { buffer: Arc::clone(self), at: Some(at), id })
    }

    /// Ends the trace, and returns its spans.
    pub(super) fn finish(&self) -> Trace {
        let now = self.now();
        let Content { spans, dropped, .. } =
            std::mem::replace(&mut *self.content(), Content { is_finished: true, ..Content::default() });
        let mut spans: Vec<_> = spans.into_iter().map(|span| span.finished(now)).collect();
        let dropped_spans: u64 = dropped.values().sum();
        if let Some(root) = spans.first_mut()
            && dropped_spans > 0
        {
            let count = i64::try_from(dropped_spans).unwrap_or(i64::MAX);
            root.tags.insert(DROPPED.to_owned(), SpanTag::Integer(count));
            root.tags.insert(DROPPED_NAMES.to_owned(), SpanTag::Text(most_frequent(&dropped)));
        }
        Trace {
            trace_id: self.ids.trace,
            service: self.service.name.clone(),
            env: self.service.env.clone(),
            version: self.service.version.clone(),
            started_at: self.started_at,
            spans,
            dropped_spans,
        }
    }

    /// The time since the start of the trace, in nanoseconds.
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    pub(super) fn set(&self, fields: Fields) {
        self.change(|span, bytes, now| *bytes += span.set(fields, now, *bytes >= MAX_TRACE_BYTES));
    }

    /// Adds a logged message.
    pub(super) fn log(&self, level: String, message: &str) {
        let message = cut(message, MAX_TEXT_BYTES).to_owned();
        self.change(|span, bytes, now| {
            if span.logs.len() < MAX_LOGS && *bytes < MAX_TRACE_BYTES {
                *bytes += message.len() + LOG_OVERHEAD_BYTES;
                span.logs.push(SpanLog { at_ns: now, level, message });
            }
        });
    }

    /// Marks the span as failed, unless it has an error already.
    pub(super) fn fail(&self, fields: Fields) {
        self.change(|span, bytes, now| {
            if span.error.is_none() {
                *bytes += span.set(fields, now, *bytes >= MAX_TRACE_BYTES);
            }
        });
    }

    /// Records a panic.
    pub(super) fn record_panic(&self, message: &str, place: &str) {
        self.change(|span, bytes, _| *bytes += span.record_panic(message, place, *bytes >= MAX_TRACE_BYTES));
    }

    pub(super) fn end(&self) {
        self.change(|span, _, now| {
            span.end.get_or_insert(now);
        });
    }

    fn change(&self, change: impl FnOnce(&mut CollectedSpan, &mut usize, u64)) {
        let Some(at) = self.at else { return };
        let now = self.buffer.now();
        let mut content = self.buffer.content();
        let Content { spans, bytes, .. } = &mut *content;
        if let Some(span) = spans.get_mut(at) {
            change(span, bytes, now);
        }
    }
}

/// The most frequent names of dropped spans, such as `http.request ×12`, the most frequent first.
fn most_frequent(dropped: &BTreeMap<&'static str, u64>) -> String {
    let mut dropped: Vec<_> = dropped.iter().collect();
    dropped.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let names = dropped.iter().take(MAX_DROPPED_NAMES).map(|(name, count)| format!("{name} ×{count}"));
    names.collect::<Vec<_>>().join(", ")
}
