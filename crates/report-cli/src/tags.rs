//! The tags of every report: where it comes from, and what the settings and the environment add.

use serde::{Deserialize, Deserializer, de};
use system_health_registry::{Tag, TagError};

use crate::settings::{DatadogSettings, ReportSettings};

/// A tag that cannot be used, and who said it.
#[derive(Debug, thiserror::Error)]
#[error("{origin}")]
pub(crate) struct BadTag {
    origin: &'static str,
    source: TagError,
}

/// The base tags `source:`, `service:`, `env:` and `version:`, the settings' tags, and those of `DD_TAGS`,
/// which are separated by commas or white space.
/// See <https://docs.datadoghq.com/getting_started/tagging/assigning_tags/#environment-variables>.
pub(crate) fn base(
    report: &ReportSettings,
    datadog: &DatadogSettings,
    dd_tags: Option<&str>,
) -> Result<Vec<Tag>, BadTag> {
    let mut tags = report.tags.clone();
    for written in dd_tags.unwrap_or_default().split([',', ' ', '\t', '\n']).filter(|tag| !tag.is_empty()) {
        tags.push(Tag::parse(written).map_err(|source| BadTag { origin: "DD_TAGS", source })?);
    }
    // A default gives way to a tag that says otherwise.
    let default = |name: &str, value| {
        let is_named = |tag: &Tag| tag.as_str().strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
        Some(value).filter(|_| !tags.iter().any(is_named))
    };
    let unified = [
        ("source", Some("system-health"), "source"),
        (
            "service",
            datadog.service.as_deref().or_else(|| default("service", "system-health")),
            "`service` in [datadog], or DD_SERVICE",
        ),
        (
            "env",
            datadog.env.as_deref().or_else(|| default("env", "development")),
            "`env` in [datadog], or DD_ENV",
        ),
        ("version", datadog.version.as_deref(), "`version` in [datadog], or DD_VERSION"),
    ];
    for (name, value, origin) in unified {
        if let Some(value) = value {
            tags.push(Tag::new(name, value).map_err(|source| BadTag { origin, source })?);
        }
    }
    Ok(tags)
}

/// Reads a list of tags, for the settings.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Tag>, D::Error> {
    let written = Vec::<String>::deserialize(deserializer)?;
    written.iter().map(|tag| Tag::parse(tag).map_err(de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tags: &[Tag]) -> Vec<&str> {
        tags.iter().map(Tag::as_str).collect()
    }

    #[test]
    fn by_default_a_report_says_where_it_comes_from() {
        let tags = base(&ReportSettings::default(), &DatadogSettings::default(), None).unwrap();

        assert_eq!(text(&tags), ["source:system-health", "service:system-health", "env:development"]);
    }

    #[test]
    fn settings_and_environment_add_tags() {
        let report =
            ReportSettings { tags: vec![Tag::parse("team:web").unwrap()], ..ReportSettings::default() };
        let datadog = DatadogSettings {
            service: Some("Shop".into()),
            env: Some("prod".into()),
            version: Some("1.2+b3".into()),
            ..DatadogSettings::default()
        };

        let tags = base(&report, &datadog, Some("region:eu, tier:1  az:a")).unwrap();

        let expected = [
            "team:web",
            "region:eu",
            "tier:1",
            "az:a",
            "source:system-health",
            "service:shop",
            "env:prod",
            "version:1.2_b3",
        ];
        assert_eq!(text(&tags), expected);
    }

    #[test]
    fn a_tag_of_that_name_replaces_a_default() {
        let report =
            ReportSettings { tags: vec![Tag::parse("service:shop").unwrap()], ..ReportSettings::default() };

        let tags = base(&report, &DatadogSettings::default(), Some("env:prod,environment:x")).unwrap();

        assert_eq!(text(&tags), ["service:shop", "env:prod", "environment:x", "source:system-health"]);
    }

    #[test]
    fn a_bad_tag_names_who_said_it() {
        let report = ReportSettings::default();
        let datadog = DatadogSettings { env: Some("!".into()), ..DatadogSettings::default() };
        let default = DatadogSettings::default();

        assert_eq!(base(&report, &datadog, None).unwrap_err().to_string(), "`env` in [datadog], or DD_ENV");
        assert_eq!(base(&report, &default, Some("a;b")).unwrap_err().to_string(), "DD_TAGS");
    }
}
