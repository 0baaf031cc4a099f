//! Suggestions: the names that exist where an unknown one was found.

use std::fmt;

/// The names that exist where an unknown one was found, the nearest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    names: Vec<String>,
    has_near: bool,
}

/// Maximum number of names in a message.
const MAX_SHOWN: usize = 20;

/// How similar a known name has to be to an unknown one, from 0 to 1, to be suggested.
const MIN_SIMILARITY: f64 = 0.7;

impl Known {
    /// Sorts the names by their similarity to the unknown one.
    #[must_use]
    pub fn nearest_to<N: Into<String>>(unknown: &str, names: impl IntoIterator<Item = N>) -> Self {
        let similarity = |name: &str| similarity(name, unknown);
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        names.sort_by(|a, b| similarity(b).total_cmp(&similarity(a)));
        let has_near = names.first().is_some_and(|nearest| similarity(nearest) >= MIN_SIMILARITY);
        Self { names, has_near }
    }

    /// Leaves out names.
    pub(super) fn without(mut self, is_left_out: impl Fn(&str) -> bool) -> Self {
        self.has_near &= self.names.first().is_some_and(|nearest| !is_left_out(nearest));
        self.names.retain(|name| !is_left_out(name));
        self
    }
}

/// How similar two names are, from 0 to 1. Jaro and Winkler's measure finds nothing in common between short names with
/// swapped letters, such as `ulr` and `url`, so one wrong, missing, additional or swapped letter always counts as near.
fn similarity(name: &str, unknown: &str) -> f64 {
    let similarity = strsim::jaro_winkler(name, unknown);
    let is_one_slip = name.len().min(unknown.len()) > 1 && strsim::osa_distance(name, unknown) == 1;
    if is_one_slip { similarity.max(MIN_SIMILARITY) } else { similarity }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names.as_slice() {
            [] => Ok(()),
            names if !self.has_near => write!(f, "; there are {}", list(names)),
            [only] => write!(f, "; did you mean `{only}`?"),
            [nearest, others @ ..] => {
                write!(f, "; did you mean `{nearest}`? (others: {})", list(others))
            }
        }
    }
}

fn list(names: &[String]) -> String {
    let shown = &names[..names.len().min(MAX_SHOWN)];
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
    fn the_nearest_name_is_suggested_also_for_short_names() {
        for (unknown, names, suggestion) in [
            (
                "ulr",
                &["site", "url", "api_key_secret"][..],
                "; did you mean `url`? (others: `api_key_secret`, `site`)",
            ),
            ("ot", &["name", "to"], "; did you mean `to`? (others: `name`)"),
            ("url", &["curl"], "; did you mean `curl`?"),
            ("windw", &["window"], "; did you mean `window`?"),
            ("a", &["b"], "; there are `b`"),
            ("ulr", &["dir", "keep"], "; there are `dir`, `keep`"),
            ("x", &[], ""),
        ] {
            assert_eq!(Known::nearest_to(unknown, names.iter().copied()).to_string(), suggestion);
        }
    }

    #[test]
    fn of_very_many_names_the_nearest_are_listed() {
        let text = Known::nearest_to("x", (0..30).map(|number| format!("name{number:02}"))).to_string();

        assert!(text.ends_with("`name19` and 10 more"), "{text}");
    }
}
