//! The tags of every report: the defaults, and the tags of the settings and the environment.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de};
use system_health_registry::{Tag, TagError, overlay_tags, settings::may_be_secret};

use crate::ReportSettings;

/// How a message names a tag whose text it must not repeat.
const HIDDEN_TAG: &str = "a tag (not shown, because it may be a secret)";

/// An invalid tag, and where it comes from.
#[derive(Debug, thiserror::Error)]
#[error("{origin}")]
pub struct TagsError {
    pub(crate) origin: &'static str,
    pub(crate) source: TagError,
}

/// The tags of every report: `source:`, `service:`, `env:` and `version:`, the tags of the settings, and the tags of
/// `DD_TAGS`, which are separated by commas or whitespace.
/// See <https://docs.datadoghq.com/getting_started/tagging/assigning_tags/#environment-variables>.
///
/// If several of these places set one of the four names, only one of them counts. For `env:`, this is `DD_ENV` or `env` in
/// `[report]`, otherwise `DD_TAGS`, otherwise `tags` in `[report]`, and otherwise the default.
pub fn base_tags(report: &ReportSettings) -> Result<Vec<Tag>, TagsError> {
    let default = |tag| Tag::parse(tag).map_err(|source| TagsError { origin: "a default", source });
    let defaults = ["source:system-health", "service:system-health", "env:development"].map(default);
    let named = [
        ("service", &report.service, "`service` in [report], or DD_SERVICE"),
        ("env", &report.env, "`env` in [report], or DD_ENV"),
        ("version", &report.version, "`version` in [report], or DD_VERSION"),
    ];
    let named = named.into_iter().filter_map(|(name, value, origin)| {
        let value = value.as_deref()?;
        Some(Tag::new(name, value).map_err(|source| TagsError { origin, source }))
    });
    let levels = [
        defaults.into_iter().collect::<Result<_, _>>()?,
        report.tags.iter().cloned().collect(),
        parse_extra_tags(report.extra_tags.as_deref().unwrap_or_default()),
        named.collect::<Result<_, _>>()?,
    ];
    let tags = levels
        .into_iter()
        .fold(BTreeSet::new(), |general, specific| overlay_tags(&general, &specific).cloned().collect());
    Ok(tags.into_iter().collect())
}

/// The tags of `extra_tags`, usually from `DD_TAGS`. Other programs use this variable, too. Therefore tags are normalised as
/// Datadog does it, and invalid tags are ignored. A warning is logged if a tag is ignored, or changes in more than its case.
fn parse_extra_tags(written: &str) -> BTreeSet<Tag> {
    let written = written.split([',', ' ', '\t', '\n']).filter(|tag| !tag.is_empty());
    let tags = written.filter_map(|written| {
        let (tag, warning) = parse_extra_tag(written);
        if let Some(warning) = warning {
            tracing::warn!("`extra_tags` in [report], or DD_TAGS: {warning}");
        }
        tag
    });
    tags.collect()
}

/// A tag of `extra_tags`, if it is not ignored, and a warning, if the tag is ignored or changes in more than its case.
fn parse_extra_tag(written: &str) -> (Option<Tag>, Option<String>) {
    let tag = Tag::normalised(written);
    let warning = match &tag {
        Ok(tag) if tag.as_str() == written.to_lowercase() => None,
        // The stored form and the error would show most of the secret.
        Ok(_) if may_be_secret(written) => {
            Some(format!("{HIDDEN_TAG} is sent in the form in which Datadog would store it"))
        }
        Err(_) if may_be_secret(written) => Some(format!("{HIDDEN_TAG} is ignored, because it is not valid")),
        Ok(tag) => {
            Some(format!("`{written}` is sent as `{tag}`, because Datadog would store it in this form"))
        }
        Err(error) => Some(format!("`{written}` is ignored: {error}")),
    };
    (tag.ok(), warning)
}

/// Parses a list of tags in the settings.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Tag>, D::Error> {
    let written = Vec::<String>::deserialize(deserializer)?;
    let parsed = |tag: &String| {
        Tag::parse(tag).map_err(|error| match error {
            // The error of the tag would show what Datadog stores, which reveals most of the secret.
            TagError::Changed { written, .. } if may_be_secret(&written) => de::Error::custom(format_args!(
                "{HIDDEN_TAG} would be stored in another form; a tag starts with a letter and contains only letters, digits, \
                 `_`, `-`, `:`, `.` and `/`, at most 200 characters"
            )),
            error => de::Error::custom(error),
        })
    };
    written.iter().map(parsed).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    fn text(tags: &[Tag]) -> String {
        tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
    }

    fn with_tags(tags: &[&str]) -> ReportSettings {
        let tags = tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect();
        ReportSettings { tags, ..ReportSettings::default() }
    }

    #[test]
    fn default_tags_name_environment_service_and_source() {
        let tags = base_tags(&ReportSettings::default()).unwrap();

        assert_eq!(text(&tags), "env:development service:system-health source:system-health");
    }

    #[test]
    fn settings_and_environment_add_tags() {
        let report = ReportSettings {
            service: Some("Shop".into()),
            env: Some("prod".into()),
            version: Some("1.2+b3".into()),
            extra_tags: Some("region:eu, tier:1  az:a,team:b".into()),
            ..with_tags(&["team:web"])
        };

        let tags = base_tags(&report).unwrap();

        assert_eq!(
            text(&tags),
            "az:a env:prod region:eu service:shop source:system-health team:b team:web tier:1 version:1.2_b3"
        );
    }

    #[test]
    fn the_most_specific_value_of_a_single_value_tag_is_used() {
        let of_settings = || with_tags(&["env:a"]);
        let unified = ReportSettings { env: Some("c".into()), version: Some("3".into()), ..of_settings() };
        for (report, extra, expected) in [
            (of_settings(), "", "env:a service:system-health source:system-health"),
            (of_settings(), "env:b", "env:b service:system-health source:system-health"),
            (unified, "env:b", "env:c service:system-health source:system-health version:3"),
            (
                ReportSettings::default(),
                "source:x,environment:y",
                "env:development environment:y service:system-health source:x",
            ),
        ] {
            let report = ReportSettings { extra_tags: Some(extra.to_owned()), ..report };
            let tags = base_tags(&report).unwrap();
            assert_eq!(text(&tags), expected);
        }
    }

    #[test]
    fn tags_of_the_environment_are_normalised_and_invalid_ones_are_ignored() {
        let extra_tags = Some("owner:me@x.com 42 !,Team:Web".to_owned());
        let tags = base_tags(&ReportSettings { extra_tags, ..ReportSettings::default() });

        assert_eq!(
            text(&tags.unwrap()),
            "env:development owner:me_x.com service:system-health source:system-health team:web"
        );
    }

    #[test]
    fn a_warning_about_a_tag_of_the_environment_does_not_show_a_secret() {
        let token = "0ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let digits = "1234567890123456789012345";
        for (written, warning) in [
            (
                "42",
                "`42` is ignored: tag `42` has no letter to start with; write a tag such as \"team:platform\"",
            ),
            ("owner:a!b", "`owner:a!b` is sent as `owner:a_b`, because Datadog would store it in this form"),
            (
                token,
                "a tag (not shown, because it may be a secret) is sent in the form in which Datadog would store it",
            ),
            (digits, "a tag (not shown, because it may be a secret) is ignored, because it is not valid"),
        ] {
            assert_eq!(parse_extra_tag(written).1.as_deref(), Some(warning));
        }
        assert_eq!(parse_extra_tag("Team:Web").1, None);
    }

    #[test]
    fn the_error_about_a_tag_says_what_is_valid_without_the_secret() {
        let token = "0ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let long = format!("team:{}", "long-name-".repeat(20));
        for written in [token, &long] {
            let toml = format!("[report]\ntags = ['{written}']");
            let settings = Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build();

            let error =
                settings.and_then(|settings| settings.table::<ReportSettings>()).unwrap_err().to_string();

            assert!(error.contains("(not shown, because it may be a secret)"), "{error}");
            assert!(error.ends_with("at most 200 characters"), "{error}");
            assert!(!error.contains(&written[4..]), "{error}");
        }
    }

    #[test]
    fn the_error_about_an_invalid_tag_names_its_origin() {
        let report = ReportSettings { env: Some("!".into()), ..ReportSettings::default() };

        let error = base_tags(&report).unwrap_err();

        assert_eq!(error.to_string(), "`env` in [report], or DD_ENV");
    }
}
