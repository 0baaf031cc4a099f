//! Reads the fields of a span.

use std::{error::Error, fmt::Debug};

use system_health_registry::{
    settings::may_be_secret,
    trace::{ERROR, RESOURCE, STATE, SpanError, SpanTag, TARGET, TRACE_ID, TraceId},
};
use tracing::{
    Metadata,
    field::{Field, Visit},
};

use super::{
    error::{describe, describe_text},
    limits::{MAX_RESOURCE_BYTES, MAX_TEXT_BYTES, cut},
};

/// The fields of a span that were set together.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Whether the span is one of `system-health` itself, whose fields contain no secrets.
    is_ours: bool,
    pub(super) trace: Option<TraceId>,
    pub(super) resource: Option<String>,
    pub(super) error: Option<SpanError>,
    pub(super) tags: Vec<(&'static str, SpanTag)>,
    /// Whether the work of the span has ended, although the span is still open.
    pub(super) has_ended: bool,
}

impl Fields {
    pub(super) fn from_metadata(metadata: &Metadata<'_>) -> Self {
        Self { is_ours: metadata.target() == TARGET, ..Self::default() }
    }

    /// Only the field `error`, of which only the text is known.
    pub(super) fn from_error_text(text: &str) -> Self {
        Self { error: Some(describe_text(text)), ..Self::default() }
    }

    fn add_text(&mut self, field: &Field, text: &str) {
        match field.name() {
            RESOURCE if self.is_ours => self.resource = Some(cut(text, MAX_RESOURCE_BYTES).to_owned()),
            TRACE_ID if self.is_ours => self.trace = text.parse().ok(),
            ERROR => self.error = Some(describe_text(&self.clean(text))),
            name => {
                self.has_ended |= name == STATE;
                let text = cut(&self.clean(text), MAX_TEXT_BYTES).to_owned();
                self.tags.push((name, SpanTag::Text(text)));
            }
        }
    }

    /// The text without words that may be secrets. Call it before the text is cut, because the start of a secret would not be
    /// recognized.
    fn clean(&self, text: &str) -> String {
        if self.is_ours { text.to_owned() } else { redacted(text) }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.tags.push((field.name(), SpanTag::Number(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.tags.push((field.name(), SpanTag::Integer(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.add_text(field, &value.to_string()),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.tags.push((field.name(), SpanTag::Bool(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        match field.name() {
            ERROR => self.error = Some(describe(value, |text| self.clean(text))),
            _ => self.add_text(field, &value.to_string()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add_text(field, &format!("{value:?}"));
    }
}

/// The text without the words that may be secrets. The attribute `instrument` of the crate `tracing` records all arguments of
/// a function, whatever they are.
pub(super) fn redacted(text: &str) -> String {
    let is_separator = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '=')
    };
    text.split_inclusive(is_separator)
        .map(|part| {
            let word = part.trim_end_matches(is_separator);
            if may_be_secret(word) { part.replacen(word, "...", 1) } else { part.to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_may_be_secrets_are_redacted() {
        for (text, expected) in [
            ("17", "17"),
            (
                "Login { user: \"eva\", token: \"ghp_0123456789abcdef\" }",
                "Login { user: \"eva\", token: \"...\" }",
            ),
            ("https://u:p@example.com/a, b", "..., b"),
            ("two words", "two words"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }
}
