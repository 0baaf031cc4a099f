//! Tags come from several levels: the report, the metric, the subject and the sample. The tags of all levels are
//! combined. But for a few names, the tags of a more specific level replace the general ones, because a series belongs to
//! one environment.

use std::collections::BTreeSet;

use crate::Tag;

/// Datadog's unified service tags, and the tag that names the program that wrote the series. See
/// <https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/>.
const SINGLE_VALUE_NAMES: [&str; 4] = ["env", "service", "version", "source"];

/// The tags of a general level and a more specific level. A specific tag named `env`, `service`, `version` or `source`
/// replaces the general tags of that name. All other tags are added. The result is not sorted. A tag that is added but is
/// also a general tag occurs twice.
pub fn overlay_tags<'a>(
    general: &'a BTreeSet<Tag>,
    specific: &'a BTreeSet<Tag>,
) -> impl Iterator<Item = &'a Tag> + Clone {
    let is_replaced = move |tag: &Tag| {
        SINGLE_VALUE_NAMES.contains(&tag.name())
            && specific.iter().any(|specific| specific.name() == tag.name())
    };
    general.iter().filter(move |tag| !is_replaced(tag)).chain(specific)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> BTreeSet<Tag> {
        text.split_whitespace().map(|tag| Tag::parse(tag).unwrap()).collect()
    }

    #[test]
    fn tags_with_single_value_names_are_replaced_and_all_other_tags_are_added() {
        for (general, specific, together) in [
            ("env:a", "env:b", "env:b"),
            ("env:a service:a", "service:b", "env:a service:b"),
            ("version:1 source:a", "version:2 source:b", "version:2 source:b"),
            ("env:a env:b", "env:c", "env:c"),
            ("env:a", "env:b env:c", "env:b env:c"),
            ("env:a", "env:a", "env:a"),
            ("team:a", "team:b", "team:a team:b"),
            ("env:a environment:a", "environment:b", "env:a environment:a environment:b"),
            ("env:a", "", "env:a"),
            ("", "env:a", "env:a"),
        ] {
            let (general, specific) = (tags(general), tags(specific));
            let overlaid: BTreeSet<Tag> = overlay_tags(&general, &specific).cloned().collect();
            assert_eq!(overlaid, tags(together), "{general:?} {specific:?}");
        }
    }
}
