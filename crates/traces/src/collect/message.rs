//! Reads a logged message.

use std::fmt::{Debug, Write};

use system_health_registry::trace::PANIC_PLACE;
use tracing::field::{Field, Visit};

use super::fields::redacted;

/// The fields of a message.
#[derive(Default)]
pub(super) struct Message {
    /// The text, and the other fields as `name=value`, as they are shown on the terminal. A hint is left out. Words that may be
    /// secrets are redacted, except in the text of a panic: the error of the metric contains this text anyway, and the place in
    /// the code looks like a secret.
    pub(super) text: String,
    /// The text of a field `error`, without words that may be secrets.
    pub(super) error: Option<String>,
    /// The place of a panic.
    pub(super) panic_place: Option<String>,
    other_fields: String,
}

impl Message {
    pub(super) fn read(event: &tracing::Event<'_>) -> Self {
        let mut message = Self::default();
        event.record(&mut message);
        if message.panic_place.is_none() {
            message.text = redacted(&message.text);
        }
        let other_fields = std::mem::take(&mut message.other_fields);
        message.text.push_str(&other_fields);
        message
    }

    fn add(&mut self, field: &Field, value: &str) {
        // Writing to a string cannot fail.
        let _ = write!(self.other_fields, " {}={value}", field.name());
    }
}

impl Visit for Message {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, &value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "message" => self.text.push_str(&value),
            "hint" => {}
            PANIC_PLACE => self.panic_place.get_or_insert_default().push_str(&value),
            "error" => {
                let value = redacted(&value);
                self.add(field, &value);
                self.error.get_or_insert_default().push_str(&value);
            }
            _ => self.add(field, &redacted(&value)),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            // These texts are added without quotation marks.
            "message" | "error" | PANIC_PLACE => self.record_debug(field, &format_args!("{value}")),
            _ => self.record_debug(field, &value),
        }
    }
}
