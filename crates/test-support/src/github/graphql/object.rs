//! An object of the graph, and the values of its fields.

use std::time::SystemTime;

use serde_json::Value;

use super::field::Field;
use crate::github::when::timestamp;

/// An object of the graph, of a type of GitHub's schema.
pub(super) trait Object {
    /// The name of its type in GitHub's schema, such as `PullRequest`.
    fn type_name(&self) -> &'static str;

    /// The interfaces and unions that its type belongs to, such as `Node`.
    fn interfaces(&self) -> &'static [&'static str] {
        &[]
    }

    /// The value of a field. `None` if the fake does not know the field.
    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>>;
}

/// The value of a field. If it is an object, its fields are resolved later, as the query selects them.
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
