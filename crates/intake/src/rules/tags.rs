//! Tags. See <https://docs.datadoghq.com/getting_started/tagging/#define-tags>.

use std::collections::BTreeSet;

use system_health_rules::{MAX_TAG_LENGTH, Tag};

use super::{Finding, Rule, finding::quoted};

/// The tags that Datadog stores.
pub(crate) fn check_tags<'t>(
    subject: &str,
    tags: impl IntoIterator<Item = &'t String>,
    findings: &mut Vec<Finding>,
) -> BTreeSet<String> {
    let mut stored = BTreeSet::new();
    for tag in tags {
        let Ok(normalised) = Tag::normalised(tag) else {
            let message = format!("the tag `{}` is dropped: a tag must contain a letter", quoted(tag));
            findings.push(Finding::new(Rule::EmptyTag, subject, message));
            continue;
        };
        let kept = normalised.as_str();
        if kept != tag {
            let message =
                format!("the tag `{}` is stored as `{}`: {}", quoted(tag), quoted(kept), reason(tag));
            findings.push(Finding::new(Rule::Tag, subject, message));
        }
        stored.insert(kept.to_owned());
    }
    stored
}

/// The first reason for a change. Further reasons are left out, because one correction often removes them as well.
fn reason(tag: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '/');
    if !tag.starts_with(char::is_alphabetic) {
        "a tag starts with a letter".to_owned()
    } else if let Some(other) = tag.chars().find(|c| !allowed(*c)) {
        format!("`{}` becomes `_`", other.escape_debug())
    } else if tag.to_lowercase() != tag {
        "tags are lower case".to_owned()
    } else if tag.chars().count() > MAX_TAG_LENGTH {
        format!("a tag has at most {MAX_TAG_LENGTH} characters")
    } else {
        "a tag has no repeated `_`, and does not end with `_` or `:`".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_of_a_tag_has_a_reason() {
        for (tag, stored, reason) in [
            ("env:prod", Some("env:prod"), None),
            ("Env:Prod", Some("env:prod"), Some("tags are lower case")),
            ("owner:me@x.com", Some("owner:me_x.com"), Some("`@` becomes `_`")),
            ("1env:prod", Some("env:prod"), Some("starts with a letter")),
            ("env:", Some("env"), Some("does not end with")),
            ("42", None, Some("the tag `42` is dropped")),
            ("größe:groß", Some("größe:groß"), None),
        ] {
            let mut findings = Vec::new();
            let tags = check_tags("a", [&tag.to_owned()], &mut findings);
            assert_eq!(tags.first().map(String::as_str), stored, "{tag}");
            let message = findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
            assert_eq!(message.is_empty(), reason.is_none(), "{tag}: {message}");
            assert!(message.contains(reason.unwrap_or_default()), "{tag}: {message}");
        }
        let long = format!("a:{}", "b".repeat(300));
        let mut findings = Vec::new();
        assert_eq!(check_tags("a", [&long], &mut findings).first().unwrap().len(), 200);
        assert!(findings[0].message.contains("at most 200 characters"));
    }
}
