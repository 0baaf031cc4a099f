//! A span while its trace is collected.

use system_health_registry::trace::{SpanError, SpanId, SpanLog, SpanTag, TraceSpan};

use super::{
    error::describe_text,
    fields::Fields,
    limits::{MAX_ERROR_BYTES, MAX_LATE_TEXT_BYTES, MAX_TEXT_BYTES, cut},
};

/// A span of a trace that is collected.
#[derive(Debug)]
pub(super) struct CollectedSpan {
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: &'static str,
    pub(super) resource: Option<String>,
    /// The time since the start of the trace, in nanoseconds.
    pub(super) start: u64,
    /// The time since the start of the trace, in nanoseconds.
    pub(super) end: Option<u64>,
    pub(super) error: Option<SpanError>,
    /// The place of a panic in this span or in an inner span.
    pub(super) panic_place: Option<String>,
    pub(super) tags: Vec<(&'static str, SpanTag)>,
    pub(super) logs: Vec<SpanLog>,
}

impl CollectedSpan {
    /// Sets fields. `is_late` shortens their texts. Returns the length of the added texts.
    pub(super) fn set(&mut self, mut fields: Fields, now: u64, is_late: bool) -> usize {
        if is_late {
            shorten(&mut fields);
        }
        let mut bytes = length(&fields);
        self.resource = fields.resource.or(self.resource.take());
        if fields.error.is_some() {
            self.error = fields.error;
            bytes += self.add_panic_place();
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
    /// place is kept. Returns the length of the added texts.
    pub(super) fn record_panic(&mut self, message: &str, place: &str, is_late: bool) -> usize {
        let shortened = |text| if is_late { cut(text, MAX_LATE_TEXT_BYTES) } else { text };
        let mut bytes = 0;
        if self.error.is_none() {
            let error = SpanError { kind: "panic".to_owned(), ..describe_text(shortened(message)) };
            bytes += error.message.len() + error.stack.len();
            self.error = Some(error);
        }
        if self.panic_place.is_none() {
            let place = shortened(cut(place, MAX_TEXT_BYTES));
            bytes += place.len();
            self.panic_place = Some(place.to_owned());
        }
        bytes + self.add_panic_place()
    }

    /// Adds the place of a panic to the error. Returns the length of the added text.
    fn add_panic_place(&mut self) -> usize {
        if let (Some(error), Some(place)) = (&mut self.error, &self.panic_place)
            && !error.stack.ends_with(place)
        {
            let line = format!("\nat {place}");
            error.stack = cut(&error.stack, MAX_ERROR_BYTES).to_owned() + &line;
            return line.len();
        }
        0
    }

    /// The span of the finished trace. If the span is still open, it ends now and is marked as unfinished.
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
            tags: self.tags.into_iter().map(|(name, value)| (name.to_owned(), finite(value))).collect(),
            logs: self.logs,
        }
    }
}

/// The value of a tag. NaN and infinities become texts, because JSON has no such numbers.
fn finite(value: SpanTag) -> SpanTag {
    match value {
        SpanTag::Number(number) if !number.is_finite() => SpanTag::Text(number.to_string()),
        value => value,
    }
}

fn shorten(fields: &mut Fields) {
    let texts = fields.tags.iter_mut().filter_map(|(_, value)| match value {
        SpanTag::Text(text) => Some(text),
        SpanTag::Bool(_) | SpanTag::Integer(_) | SpanTag::Number(_) => None,
    });
    let error = fields.error.iter_mut().flat_map(|error| [&mut error.message, &mut error.stack]);
    for text in texts.chain(error).chain(&mut fields.resource) {
        text.truncate(cut(text, MAX_LATE_TEXT_BYTES).len());
    }
}

fn length(fields: &Fields) -> usize {
    let tags =
        fields.tags.iter().map(|(_, value)| if let SpanTag::Text(text) = value { text.len() } else { 0 });
    let error = fields.error.iter().map(|error| error.message.len() + error.stack.len());
    tags.chain(error).sum::<usize>() + fields.resource.as_ref().map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_late_texts_are_shortened() {
        let mut fields = Fields::from_error_text(&"x".repeat(500));
        fields.resource = Some("x".repeat(500));
        fields.tags = vec![("text", SpanTag::Text("x".repeat(500)))];

        shorten(&mut fields);

        assert_eq!(length(&fields), 4 * MAX_LATE_TEXT_BYTES);
    }
}
