//! Tags as attributes. Tags that say where a value comes from are attributes of the resource. All other tags are attributes
//! of the data point. No two attributes of one list have the same name
//! (<https://opentelemetry.io/docs/specs/otel/common/#attribute-collections>).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use system_health_registry::Tag;

use crate::proto::{ArrayValue, AttributeValue, KeyValue};

/// The attribute with the name of the service.
pub(crate) const SERVICE_NAME: &str = "service.name";

/// The attribute that tells several instances of one service apart. Here, its value is the reporter's name.
const SERVICE_INSTANCE: &str = "service.instance.id";

/// The name of the service if neither a tag nor the settings contain it. Every resource must name its service.
const DEFAULT_SERVICE: &str = "system-health";

/// The names of tags that become attributes of the resource, each with the name of its attribute
/// (<https://opentelemetry.io/docs/specs/semconv/resource/>).
const RESOURCE_TAGS: [(&str, &str); 3] =
    [("env", "deployment.environment.name"), ("service", SERVICE_NAME), ("version", "service.version")];

/// Attributes of a resource by name.
pub(crate) type ResourceAttributes = BTreeMap<String, String>;

/// Splits tags into attributes.
#[derive(Debug, Clone, Default)]
pub(crate) struct AttributeSplitter {
    /// The attributes of every resource, from the settings.
    pub(crate) configured: ResourceAttributes,
    /// The reporter's name.
    pub(crate) reporter: Option<Arc<str>>,
}

/// The attributes of a point.
#[derive(Debug, PartialEq)]
pub(crate) struct SplitAttributes<'a> {
    pub(crate) resource: BTreeMap<&'a str, &'a str>,
    pub(crate) data_point: Vec<KeyValue>,
}

impl AttributeSplitter {
    /// The attributes for some tags. A tag whose attribute has another value in the settings stays an attribute of the data
    /// point: without it, two series could become one.
    pub(crate) fn split<'a>(&'a self, tags: &'a BTreeSet<Tag>) -> SplitAttributes<'a> {
        let value = |tag: &'a Tag| tag.as_str().split_once(':').map(|(_, value)| value);
        let mut by_name: Vec<(&str, Option<&str>)> =
            tags.iter().map(|tag| (tag.name(), value(tag))).collect();
        by_name.sort_by_key(|(name, _)| *name);
        let mut resource: BTreeMap<&str, &str> =
            self.configured.iter().map(|(name, value)| (&**name, &**value)).collect();
        let mut data_point = Vec::with_capacity(by_name.len());
        for values in by_name.chunk_by(|(name, _), (next, _)| name == next) {
            let name = values[0].0;
            let attribute =
                RESOURCE_TAGS.iter().find(|(tag, _)| *tag == name).map(|(_, attribute)| *attribute);
            match (attribute, values) {
                (Some(attribute), [(_, Some(value))])
                    if resource.get(attribute).is_none_or(|configured| configured == value) =>
                {
                    resource.insert(attribute, value);
                }
                _ => data_point.push(key_value(name, attribute_value(values))),
            }
        }
        resource.entry(SERVICE_NAME).or_insert(DEFAULT_SERVICE);
        if let Some(reporter) = &self.reporter {
            resource.entry(SERVICE_INSTANCE).or_insert(reporter);
        }
        SplitAttributes { resource, data_point }
    }
}

/// An attribute.
pub(crate) fn key_value(name: &str, value: AttributeValue) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(value.into()) }
}

/// The value for all tags of one name: `true` for a tag without a value, and a list for several tags.
fn attribute_value(values: &[(&str, Option<&str>)]) -> AttributeValue {
    let text = |value: Option<&str>| AttributeValue::String(value.unwrap_or("true").to_owned());
    match values {
        [(_, None)] => AttributeValue::Bool(true),
        [(_, value)] => text(*value),
        values => {
            let values = values.iter().map(|(_, value)| text(*value).into()).collect();
            AttributeValue::Array(ArrayValue { values })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(splitter: &AttributeSplitter, tags: &[&str]) -> (String, Vec<String>) {
        let tags = tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect();
        let SplitAttributes { resource, data_point } = splitter.split(&tags);
        let resource: Vec<_> = resource.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let shown = |value: &AttributeValue| match value {
            AttributeValue::String(text) => format!("{text:?}"),
            AttributeValue::Bool(value) => value.to_string(),
            AttributeValue::Integer(value) => value.to_string(),
            AttributeValue::Number(value) => value.to_string(),
            AttributeValue::Array(array) => {
                format!("{} values", array.values.len())
            }
        };
        let data_point = data_point.iter().map(|attribute| {
            let value = attribute.value.as_ref().and_then(|value| value.value.as_ref()).unwrap();
            format!("{}={}", attribute.key, shown(value))
        });
        (resource.join(" "), data_point.collect())
    }

    #[test]
    fn tags_about_the_service_are_attributes_of_the_resource() {
        let splitter =
            AttributeSplitter { reporter: Some("acme/shop".into()), ..AttributeSplitter::default() };

        let (resource, data_point) =
            split(&splitter, &["service:shop", "env:prod", "version:1.2", "branch:main", "url:http://a/b"]);

        assert_eq!(
            resource,
            "deployment.environment.name=prod service.instance.id=acme/shop service.name=shop service.version=1.2"
        );
        assert_eq!(data_point, ["branch=\"main\"", "url=\"http://a/b\""]);
        assert_eq!(split(&AttributeSplitter::default(), &[]).0, "service.name=system-health");
    }

    #[test]
    fn names_of_attributes_are_unique() {
        let (_, data_point) = split(&AttributeSplitter::default(), &["nightly", "team:web", "team:api"]);
        assert_eq!(data_point, ["nightly=true", "team=2 values"]);

        let (resource, data_point) = split(&AttributeSplitter::default(), &["env:a", "env:b", "service"]);
        assert_eq!(resource, "service.name=system-health");
        assert_eq!(data_point, ["env=2 values", "service=true"]);
    }

    #[test]
    fn a_tag_that_differs_from_the_settings_stays_on_the_data_point() {
        let configured = [(SERVICE_NAME, "shop"), ("host.name", "a")];
        let configured = configured.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let splitter = AttributeSplitter { configured, reporter: None };

        assert_eq!(split(&splitter, &["service:shop"]), ("host.name=a service.name=shop".into(), vec![]));
        let (resource, data_point) = split(&splitter, &["service:web"]);
        assert_eq!(resource, "host.name=a service.name=shop");
        assert_eq!(data_point, ["service=\"web\""]);
    }
}
