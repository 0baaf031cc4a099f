//! The service that a trace belongs to.

use std::borrow::Borrow;

use crate::Tag;

/// The service that a trace belongs to: the values of the tags `service`, `env` and `version` of a report
/// (<https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/>).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// The name of the service.
    pub name: String,
    /// The environment, such as `production`.
    pub env: Option<String>,
    /// The version of the service.
    pub version: Option<String>,
}

impl Service {
    /// The service of a report with these tags. Without a tag `service`, its name is `system-health`.
    #[must_use]
    pub fn from_tags(tags: impl IntoIterator<Item = impl Borrow<Tag>>) -> Self {
        let mut service = Self { name: "system-health".to_owned(), ..Self::default() };
        for tag in tags {
            match tag.borrow().as_str().split_once(':') {
                Some(("service", value)) => value.clone_into(&mut service.name),
                Some(("env", value)) => service.env = Some(value.to_owned()),
                Some(("version", value)) => service.version = Some(value.to_owned()),
                _ => {}
            }
        }
        service
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_of_a_report_name_the_service() {
        let tags = ["service:shop", "env:prod", "team:a"].map(|tag| Tag::parse(tag).unwrap());
        let service = Service::from_tags(&tags);
        assert_eq!(service, Service { name: "shop".into(), env: Some("prod".into()), version: None });
        assert_eq!(Service::from_tags(&tags[2..]).name, "system-health");
    }
}
