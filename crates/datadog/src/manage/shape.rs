//! The names of all properties in a JSON document. Datadog adds properties to pushed documents, and a comparison ignores the
//! added ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The names of the properties at each path. All elements of a list share one path.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Shape {
    names: BTreeSet<String>,
    below: BTreeMap<String, Shape>,
}

impl Shape {
    /// The shape of a document.
    pub(crate) fn from_document(document: &Value) -> Self {
        let mut shape = Self::default();
        shape.add(document);
        shape
    }

    fn add(&mut self, node: &Value) {
        match node {
            Value::Array(elements) => elements.iter().for_each(|element| self.add(element)),
            Value::Object(properties) => {
                for (name, value) in properties {
                    self.names.insert(name.clone());
                    self.below.entry(name.clone()).or_default().add(value);
                }
            }
            _ => {}
        }
    }

    /// Removes the properties that this shape does not have. A value is kept unchanged if the shape has no properties for it,
    /// because the value in the shape's document was empty or was not an object.
    pub(crate) fn project(&self, document: &Value) -> Value {
        match document {
            Value::Array(elements) => elements.iter().map(|element| self.project(element)).collect(),
            Value::Object(properties) if !self.names.is_empty() => properties
                .iter()
                .filter(|(name, _)| self.names.contains(*name))
                .map(|(name, value)| {
                    let value =
                        self.below.get(name).map_or_else(|| value.clone(), |shape| shape.project(value));
                    (name.clone(), value)
                })
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_properties_of_the_shape_are_kept_in_each_element() {
        let pushed = json!({"title": "T", "options": {}, "widgets": [{"a": 1}, {"b": {"c": [1]}}]});
        let existing = json!({
            "title": "U", "new": 1, "options": {"set": true},
            "widgets": [{"a": 2, "new": 1}, {"b": {"c": [1, 2], "new": 1}}, {"b": {"c": []}, "a": null}],
        });

        let expected = json!({
            "title": "U", "options": {"set": true},
            "widgets": [{"a": 2}, {"b": {"c": [1, 2]}}, {"b": {"c": []}, "a": null}],
        });
        assert_eq!(Shape::from_document(&pushed).project(&existing), expected);
    }
}
