//! The value of a field.

use std::time::SystemTime;

use serde_json::Value;

use super::object::Object;
use crate::github::when::timestamp;

/// The value of a field, before what the query asks about it is known.
pub(super) enum Resolved<'a> {
    Value(Value),
    Object(Box<dyn Object + 'a>),
    List(Vec<Self>),
    /// The field is null, and the answer has an error with this type and message.
    Error {
        error_type: &'static str,
        message: String,
    },
}

impl<'a> Resolved<'a> {
    /// A scalar, or the name of an enum's value.
    pub(super) fn value(value: impl Into<Value>) -> Self {
        Self::Value(value.into())
    }

    /// A `DateTime`.
    pub(super) fn time(time: SystemTime) -> Self {
        Self::value(timestamp(time))
    }

    /// An object.
    pub(super) fn object(object: impl Object + 'a) -> Self {
        Self::Object(Box::new(object))
    }

    /// An object, or null.
    pub(super) fn optional(object: Option<impl Object + 'a>) -> Self {
        object.map_or(Self::Value(Value::Null), Self::object)
    }

    /// An error of this field.
    pub(super) fn error(error_type: &'static str, message: impl Into<String>) -> Self {
        Self::Error { error_type, message: message.into() }
    }
}
