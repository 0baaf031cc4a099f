//! A span while its trace is collected.

use system_health_registry::trace::{SpanError, SpanId, SpanLog, SpanTag, TraceSpan};

use super::{
    error::described_by,
    fields::Fields,
    limits::{MAX_ERROR, MAX_LATE_TEXT, cut},
};

/// A span of a trace that is collected.
#[derive(Debug)]
pub(super) struct CollectedSpan {
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: &'static str,
    pub(super) resource: Option<String>,
    /// Since the start of the trace, in nanoseconds.
    pub(super) start: u64,
    pub(super) end: Option<u64>,
    pub(super) error: Option<SpanError>,
    /// The place of a panic in this span or in an inner span.
    pub(super) panic_place: Option<String>,
    pub(super) tags: Vec<(&'static str, SpanTag)>,
    pub(super) logs: Vec<SpanLog>,
}

impl CollectedSpan {
    /// Sets fields. Returns the length of their texts.
    pub(super) fn set(&mut self, mut fields: Fields, now: u64, is_late: bool) -> usize {
        if is_late {
            shorten(&mut fields);
        }
        let bytes = length(&fields);
        self.resource = fields.resource.or(self.resource.take());
        if fields.error.is_some() {
            self.error = fields.error;
            self.add_panic_place();
        }
        for (name, value) in fields.tags {
            match self.tags.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => self.tags.push((name, value)),
            }
        }
        if fields.has_ended {
            self.end.get_or_insert(now);
        }
        bytes
    }

    /// Records a panic. The error of the collector or the resource, which is set later, replaces the message of the panic. The
    /// place is kept.
    pub(super) fn panicked(&mut self, message: &str, place: &str) {
        self.error.get_or_insert_with(|| SpanError { kind: "panic".to_owned(), ..described_by(message) });
        self.panic_place.get_or_insert_with(|| place.to_owned());
        self.add_panic_place();
    }

    fn add_panic_place(&mut self) {
        if let (Some(error), Some(place)) = (&mut self.error, &self.panic_place)
            && !error.stack.ends_with(place)
        {
            error.stack = format!("{}\nat {place}", cut(&error.stack, MAX_ERROR));
        }
    }

    /// The finished span. A span without an end was abandoned.
    pub(super) fn finished(self, now: u64) -> TraceSpan {
        let end = self.end.unwrap_or(now);
        TraceSpan {
            span_id: self.id,
            parent_id: self.parent,
            name: self.name.to_owned(),
            resource: self.resource.unwrap_or_else(|| self.name.to_owned()),
            start_ns: self.start,
            duration_ns: end.saturating_sub(self.start),
            unfinished: self.end.is_none(),
            error: self.error,
            tags: self.tags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            logs: self.logs,
        }
    }
}

fn shorten(fields: &mut Fields) {
    let texts = fields.tags.iter_mut().filter_map(|(_, value)| match value {
        SpanTag::Text(text) => Some(text),
        SpanTag::Bool(_) | SpanTag::Integer(_) | SpanTag::Number(_) => None,
    });
    let error = fields.error.iter_mut().flat_map(|error| [&mut error.message, &mut error.stack]);
    for text in texts.chain(error) {
        text.truncate(cut(text, MAX_LATE_TEXT).len());
    }
}

fn length(fields: &Fields) -> usize {
    let tags =
        fields.tags.iter().map(|(_, value)| if let SpanTag::Text(text) = value { text.len() } else { 0 });
    let error = fields.error.iter().map(|error| error.message.len() + error.stack.len());
    tags.chain(error).sum::<usize>() + fields.resource.as_ref().map_or(0, String::len)
}
