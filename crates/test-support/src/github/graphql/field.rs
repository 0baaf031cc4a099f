//! A field that a query asks for, with its arguments.

use serde_json::{Map, Value};

/// A field that a query asks for.
#[derive(Debug)]
pub(super) struct Field<'q> {
    pub(super) name: &'q str,
    arguments: Map<String, Value>,
}

impl<'q> Field<'q> {
    /// A field with the values of its arguments.
    pub(super) fn new(name: &'q str, arguments: Map<String, Value>) -> Self {
        Self { name, arguments }
    }

    /// The value of an argument. `None` if it is null or missing.
    pub(super) fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name).filter(|value| !value.is_null())
    }

    /// The value of an argument that is a text or the name of an enum's value.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.argument(name)?.as_str()
    }

    /// The texts in an argument that is a list of texts or of an enum's values. A single text counts as a list.
    pub(super) fn names(&self, name: &str) -> Vec<&str> {
        match self.argument(name) {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(name)) => vec![name],
            _ => Vec::new(),
        }
    }

    /// The value of an argument that is a number.
    pub(super) fn integer(&self, name: &str) -> Option<u64> {
        self.argument(name)?.as_u64()
    }
}
