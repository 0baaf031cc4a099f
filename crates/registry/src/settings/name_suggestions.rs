//! Suggestions for an unknown name: the names that exist.

use std::fmt;

use crate::self_metrics::{RESERVED_PREFIX, is_self_metric};

/// The names that exist instead of an unknown name, sorted by similarity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameSuggestions {
    names: Vec<String>,
    has_similar: bool,
}

/// Maximum number of names in a message without a suggestion.
const MAX_SHOWN: usize = 20;
/// Maximum number of names after a suggestion.
const MAX_OTHERS: usize = 5;

/// The minimum similarity of a suggested name, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.7;

impl NameSuggestions {
    /// Sorts the names by their similarity to the unknown one.
    #[must_use]
    pub fn nearest_to<N: Into<String>>(unknown: &str, names: impl IntoIterator<Item = N>) -> Self {
        let similarity = |name: &str| similarity(name, unknown);
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        names.sort_by(|a, b| similarity(b).total_cmp(&similarity(a)));
        let has_similar = names.first().is_some_and(|nearest| similarity(nearest) >= MIN_SIMILARITY);
        Self { names, has_similar }
    }

    /// The keys that exist instead of an unknown key or glob. For a glob of an unknown group, such as `flet.*`, the names are the
    /// globs of whole groups, such as `fleet.*`. The many metrics about the reporter are included only if the group is similar
    /// to theirs.
    #[must_use]
    pub fn nearest_keys<'k>(unknown: &str, keys: impl IntoIterator<Item = &'k str>) -> Self {
        let end = unknown.find(['.', '*', '?', '[', '{']).unwrap_or(unknown.len());
        let group = &unknown[..end];
        let is_about_reporter = is_group_of_reporter(group);
        let is_likely = |key: &&str| is_about_reporter || !is_self_metric(key);
        let keys: Vec<&str> = keys.into_iter().filter(is_likely).collect();
        let is_glob = unknown.contains(['*', '?', '[', '{']);
        let is_known_group = || keys.iter().any(|key| key.split('.').next() == Some(group));
        if !is_glob || group.is_empty() || is_known_group() {
            return Self::nearest_to(unknown, keys);
        }
        let globs = keys.iter().map(|key| match key.split_once('.') {
            Some((group, _)) => format!("{group}.*"),
            None => (*key).to_owned(),
        });
        Self::nearest_to(unknown, globs)
    }

    /// Whether one of the names is so similar that it is suggested.
    #[must_use]
    pub const fn has_similar(&self) -> bool {
        self.has_similar
    }

    /// Removes names. If the most similar name is removed, the others are listed without a suggestion.
    pub(super) fn without(mut self, is_removed: impl Fn(&str) -> bool) -> Self {
        self.has_similar &= self.names.first().is_some_and(|nearest| !is_removed(nearest));
        self.names.retain(|name| !is_removed(name));
        self
    }
}

/// Whether the first part of a key looks like that of the metrics about the reporter.
fn is_group_of_reporter(group: &str) -> bool {
    let reserved = RESERVED_PREFIX.trim_end_matches('.');
    group.starts_with("system") || strsim::osa_distance(group, reserved) <= 2
}

/// The similarity of two names, from 0 to 1. The Jaro–Winkler similarity of short names with swapped letters, such as
/// `ulr` and `url`, is very low. So names that differ by one wrong, missing, additional or swapped letter always count
/// as similar, unless one of them has only one letter.
fn similarity(name: &str, unknown: &str) -> f64 {
    let similarity = strsim::jaro_winkler(name, unknown);
    let is_one_typo = name.len().min(unknown.len()) > 1 && strsim::osa_distance(name, unknown) == 1;
    if is_one_typo { similarity.max(MIN_SIMILARITY) } else { similarity }
}

impl fmt::Display for NameSuggestions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names.as_slice() {
            [] => Ok(()),
            [only] if !self.has_similar => write!(f, "; there is only `{only}`"),
            names if !self.has_similar => write!(f, "; there are {}", list(names, MAX_SHOWN)),
            [only] => write!(f, "; did you mean `{only}`?"),
            [nearest, others @ ..] => {
                write!(f, "; did you mean `{nearest}`? (others: {})", list(others, MAX_OTHERS))
            }
        }
    }
}

fn list(names: &[String], max: usize) -> String {
    let shown = &names[..names.len().min(max)];
    let more = match names.len() - shown.len() {
        0 => String::new(),
        hidden => format!(" and {hidden} more"),
    };
    format!("`{}`{more}", shown.join("`, `"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_name_is_suggested() {
        for (unknown, names, suggestion) in [
            (
                "ulr",
                &["site", "url", "api_key_secret"][..],
                "; did you mean `url`? (others: `api_key_secret`, `site`)",
            ),
            ("ot", &["name", "to"], "; did you mean `to`? (others: `name`)"),
            ("url", &["curl"], "; did you mean `curl`?"),
            ("windw", &["window"], "; did you mean `window`?"),
            ("a", &["b"], "; there is only `b`"),
            ("ulr", &["dir", "keep"], "; there are `dir`, `keep`"),
            ("x", &[], ""),
        ] {
            assert_eq!(NameSuggestions::nearest_to(unknown, names.iter().copied()).to_string(), suggestion);
        }
    }

    #[test]
    fn groups_are_suggested_for_globs_of_unknown_groups_and_keys_otherwise() {
        let keys = ["fleet.cars", "fleet.vans", "staff", "system_health.reporter.points"];
        for (unknown, suggestion) in [
            ("fleet.car", "; did you mean `fleet.cars`? (others: `fleet.vans`, `staff`)"),
            ("flet.*", "; did you mean `fleet.*`? (others: `staff`)"),
            ("flet*", "; did you mean `fleet.*`? (others: `staff`)"),
            ("fleet.vns*", "; did you mean `fleet.vans`? (others: `fleet.cars`, `staff`)"),
            ("x.*", "; there are `fleet.*`, `staff`"),
            ("sytem_health.*", "; did you mean `system_health.*`? (others: `staff`, `fleet.*`)"),
        ] {
            assert_eq!(NameSuggestions::nearest_keys(unknown, keys).to_string(), suggestion);
        }
    }

    #[test]
    fn at_most_twenty_names_are_listed() {
        let text =
            NameSuggestions::nearest_to("x", (0..30).map(|number| format!("name{number:02}"))).to_string();

        assert!(text.ends_with("`name19` and 10 more"), "{text}");
    }
}
