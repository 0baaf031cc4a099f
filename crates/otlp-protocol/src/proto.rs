//! The messages of OTLP that all signals have in common, with the fields that are needed.
//! See <https://github.com/open-telemetry/opentelemetry-proto>.

use prost::{Message, Oneof};

/// The body of a failed response: `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    /// The message.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// What the data is about.
#[derive(Clone, PartialEq, Message)]
pub struct Resource {
    /// The attributes.
    #[prost(message, repeated, tag = "1")]
    pub attributes: Vec<KeyValue>,
}

/// The program that made the data.
#[derive(Clone, PartialEq, Message)]
pub struct InstrumentationScope {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The version.
    #[prost(string, tag = "2")]
    pub version: String,
}

/// An attribute.
#[derive(Clone, PartialEq, Message)]
pub struct KeyValue {
    /// The name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(message, optional, tag = "2")]
    pub value: Option<AnyValue>,
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Message)]
pub struct AnyValue {
    /// The value.
    #[prost(oneof = "AttributeValue", tags = "1, 2, 3, 4, 5")]
    pub value: Option<AttributeValue>,
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Oneof)]
pub enum AttributeValue {
    /// A text.
    #[prost(string, tag = "1")]
    String(String),
    /// True or false.
    #[prost(bool, tag = "2")]
    Bool(bool),
    /// A whole number.
    #[prost(int64, tag = "3")]
    Integer(i64),
    /// A number.
    #[prost(double, tag = "4")]
    Number(f64),
    /// A list.
    #[prost(message, tag = "5")]
    Array(ArrayValue),
}

/// A list of values.
#[derive(Clone, PartialEq, Message)]
pub struct ArrayValue {
    /// The values.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<AnyValue>,
}

impl From<AttributeValue> for AnyValue {
    fn from(value: AttributeValue) -> Self {
        Self { value: Some(value) }
    }
}
