//! Reads a logged message.

use std::fmt::{Debug, Write};

use system_health_registry::trace::PANIC_PLACE;
use tracing::field::{Field, Visit};

/// The fields of a message.
#[derive(Default)]
pub(super) struct Message {
    /// The text, and all other fields as `name=value`, as they are shown on the terminal.
    pub(super) text: String,
    /// The text of a field `error`.
    pub(super) error: Option<String>,
    /// The place of a panic.
    pub(super) panic_place: Option<String>,
    other_fields: String,
}

impl Message {
    pub(super) fn read(event: &tracing::Event<'_>) -> Self {
        let mut message = Self::default();
        event.record(&mut message);
        let other_fields = std::mem::take(&mut message.other_fields);
        message.text.push_str(&other_fields);
        message
    }
}

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            "hint" => Ok(()),
            PANIC_PLACE => write!(self.panic_place.get_or_insert_default(), "{value:?}"),
            "error" => {
                let _ = write!(self.error.get_or_insert_default(), "{value:?}");
                write!(self.other_fields, " error={value:?}")
            }
            name => write!(self.other_fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "error" | PANIC_PLACE => self.record_debug(field, &format_args!("{value}")),
            _ => self.record_debug(field, &value),
        }
    }
}
