//! A finished trace as data, for exporters and for the JSON document that the web page shows.

use std::{collections::BTreeMap, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{SpanId, TraceId, timestamp};

/// The spans of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The id.
    pub trace_id: TraceId,
    /// The name of the service.
    pub service: String,
    /// The environment of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// The version of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When the run started, by the wall clock.
    #[serde(with = "timestamp")]
    pub started_at: SystemTime,
    /// The spans in the order in which they started. The first one is the run.
    pub spans: Vec<TraceSpan>,
    /// The number of spans that were not kept, because the number of spans of a run and the size of their texts are limited.
    /// The most frequent of their names are in a tag of the run's span.
    #[serde(default)]
    pub dropped_spans: u64,
}

/// One part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceSpan {
    /// The id.
    pub span_id: SpanId,
    /// The span that this one is a part of. `None` for the run.
    pub parent_id: Option<SpanId>,
    /// What kind of work it is, such as `system_health.metric`, or the name of a function.
    pub name: String,
    /// What was worked on, such as the key of a metric.
    pub resource: String,
    /// The time from the start of the trace to the start of the span, in nanoseconds.
    pub start_ns: u64,
    /// How long the span took, in nanoseconds.
    pub duration_ns: u64,
    /// Whether the span had not ended at the end of the run, because its work was abandoned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// The error in which the work ended. No data is not an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SpanError>,
    /// Further facts, such as the state in which a metric ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, SpanTag>,
    /// The messages that were logged during this work, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<SpanLog>,
}

/// The value of a tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SpanTag {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// The error of a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanError {
    /// The type of the error, such as `HttpError`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text of the error with all causes.
    pub message: String,
    /// The causes, one a line, and the place of a panic.
    pub stack: String,
}

/// A message that was logged during a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanLog {
    /// The time from the start of the trace, in nanoseconds.
    pub at_ns: u64,
    /// The level: `error`, `warn` or `info`.
    pub level: String,
    /// The text.
    pub message: String,
}

impl Trace {
    /// The span of the run.
    #[must_use]
    pub fn root(&self) -> Option<&TraceSpan> {
        self.spans.first()
    }
}

impl From<&str> for SpanTag {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
