//! Why a line is dropped.

/// Why the Agent drops a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The line is not text.
    #[error("it is not UTF-8")]
    Text,
    /// There is no name, value or type.
    #[error("a metric is written NAME:VALUE|TYPE, such as page.views:1|c")]
    Metric,
    /// The type is not one of the protocol.
    #[error("`{0}` is not a type; the types are c, g, ms, h, s and d")]
    Type(String),
    /// A value is not a number.
    #[error("`{0}` is not a number")]
    Value(String),
    /// A sample rate is not a number greater than 0 and at most 1.
    #[error("`{0}` is not a sample rate; write a number greater than 0 and at most 1")]
    SampleRate(String),
    /// A timestamp is not a whole number of seconds greater than 0.
    #[error("`{0}` is not a timestamp; write a whole number of seconds since 1970, greater than 0")]
    Timestamp(String),
    /// A metric that is neither a count nor a gauge has a timestamp.
    #[error("only counts and gauges can have a timestamp")]
    UnexpectedTimestamp,
    /// The part of an event before its optional fields is wrong.
    #[error("an event is written _e{{TITLE_LENGTH,TEXT_LENGTH}}:TITLE|TEXT, with lengths in bytes of UTF-8")]
    Event,
    /// The name or the status of a service check is missing or wrong.
    #[error("a service check is written _sc|NAME|STATUS, with a status from 0 to 3")]
    ServiceCheck,
}
