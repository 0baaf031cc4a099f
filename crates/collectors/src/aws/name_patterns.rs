//! Which projects, pipelines and alarms are reported. The patterns are compiled when the settings are read, so that an invalid
//! one is refused at its line.

use globset::GlobMatcher;
use serde::Deserialize;

use crate::glob::{InvalidGlob, compile_glob};

/// Globs for names. A name is selected if a pattern without `!` matches it and no pattern with `!` in front does. If all
/// patterns have a `!`, a name is selected if none of them matches it. Syntax:
/// <https://docs.rs/globset/latest/globset/#syntax>; `*` also matches `/`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct NamePatterns {
    included: Vec<GlobMatcher>,
    excluded: Vec<GlobMatcher>,
}

/// Why patterns were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NamePatternsError {
    /// A pattern is empty.
    #[error("a pattern is empty; write a name, such as \"shop\" or \"shop-*\"")]
    Empty,
    /// A pattern is not a valid glob.
    #[error("`{pattern}` is not a valid glob: {reason}; write one such as \"shop-*\"")]
    Invalid {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl NamePatterns {
    /// Selects all names.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Selects all names except those that match a pattern.
    ///
    /// # Panics
    /// If the pattern is empty or not a valid glob.
    #[must_use]
    pub fn all_except(pattern: &str) -> Self {
        Self { included: Vec::new(), excluded: vec![compile(pattern).expect("a valid pattern")] }
    }

    /// Whether a name is selected.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let is_included = self.included.is_empty() || self.included.iter().any(|glob| glob.is_match(name));
        is_included && !self.excluded.iter().any(|glob| glob.is_match(name))
    }
}

impl TryFrom<Vec<String>> for NamePatterns {
    type Error = NamePatternsError;

    fn try_from(patterns: Vec<String>) -> Result<Self, NamePatternsError> {
        let mut compiled = Self::default();
        for pattern in &patterns {
            match pattern.strip_prefix('!') {
                Some(excluded) => compiled.excluded.push(compile(excluded)?),
                None => compiled.included.push(compile(pattern)?),
            }
        }
        Ok(compiled)
    }
}

fn compile(pattern: &str) -> Result<GlobMatcher, NamePatternsError> {
    if pattern.trim().is_empty() {
        return Err(NamePatternsError::Empty);
    }
    compile_glob(pattern)
        .map_err(|InvalidGlob { pattern, reason }| NamePatternsError::Invalid { pattern, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_select_and_leave_out_whole_names() {
        for (patterns, name, expected) in [
            (&[][..], "shop", true),
            (&["shop"], "shop-web", false),
            (&["shop*", "pay"], "pay", true),
            (&["shop*", "!*-sandbox"], "shop-sandbox", false),
            (&["!*-sandbox"], "shop", true),
            (&["shop*"], "shop/a b", true),
        ] {
            let texts: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(NamePatterns::try_from(texts).unwrap().matches(name), expected, "{patterns:?} {name}");
        }
    }
}
