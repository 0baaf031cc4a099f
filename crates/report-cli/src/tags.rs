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
    let unified = [
        ("source", Some("system-health"), "source"),
        ("service", Some(datadog.service.as_str()), "`service` in [datadog], or DD_SERVICE"),
        ("env", Some(datadog.env.as_str()), "`env` in [datadog], or DD_ENV"),
        ("version", datadog.version.as_deref(), "`version` in [datadog], or DD_VERSION"),
    ];
    let mut tags = Vec::new();
    for (name, value, origin) in unified {
        if let Some(value) = value {
            tags.push(Tag::new(name, value).map_err(|source| BadTag { origin, source })?);
        }
    }
    tags.extend(report.tags.iter().cloned());
    for written in dd_tags.unwrap_or_default().split([',', ' ', '\t', '\n']).filter(|tag| !tag.is_empty()) {
        tags.push(Tag::parse(written).map_err(|source| BadTag { origin: "DD_TAGS", source })?);
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
            service: "Shop".into(),
            env: "prod".into(),
            version: Some("1.2+b3".into()),
            ..DatadogSettings::default()
        };

        let tags = base(&report, &datadog, Some("region:eu, tier:1  az:a")).unwrap();

        let expected = [
            "source:system-health",
            "service:shop",
            "env:prod",
            "version:1.2_b3",
            "team:web",
            "region:eu",
            "tier:1",
            "az:a",
        ];
        assert_eq!(text(&tags), expected);
    }

    #[test]
    fn a_bad_tag_names_who_said_it() {
        let report = ReportSettings::default();
        let datadog = DatadogSettings { env: "!".into(), ..DatadogSettings::default() };
        let default = DatadogSettings::default();

        assert_eq!(base(&report, &datadog, None).unwrap_err().to_string(), "`env` in [datadog], or DD_ENV");
        assert_eq!(base(&report, &default, Some("a;b")).unwrap_err().to_string(), "DD_TAGS");
    }
}
