//! Messages as JSON lines. While a run is traced, each message names its span, so that Datadog shows both together.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Json, Writer},
    },
    registry::LookupSpan,
};

use crate::traces::ProgramTraces;

/// Formats a message as one line of JSON.
pub(crate) struct JsonFormat(Format<Json>);

impl JsonFormat {
    pub(crate) fn new() -> Self {
        let format = tracing_subscriber::fmt::format().json();
        Self(format.flatten_event(true).with_current_span(false).with_span_list(false))
    }
}

impl<S, N> FormatEvent<S, N> for JsonFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let attributes = ProgramTraces::log_attributes();
        if attributes.is_empty() {
            return self.0.format_event(context, line, event);
        }
        let mut object = String::new();
        self.0.format_event(context, Writer::new(&mut object), event)?;
        line.write_str(object.trim_end().strip_suffix('}').unwrap_or(&object))?;
        for (name, value) in attributes {
            write!(line, ",\"{name}\":{}", serde_json::Value::from(value))?;
        }
        line.write_str("}\n")
    }
}
