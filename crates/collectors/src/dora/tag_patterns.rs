//! Which tags are deployments. The patterns are compiled when the settings are read.

use globset::GlobMatcher;
use serde::Deserialize;

use crate::glob::{InvalidGlob, compile_glob};

/// Globs for the names of tags, such as `v*`. A tag is selected if a glob matches its whole name. `*` also matches `/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct TagPatterns(Vec<GlobMatcher>);

/// Why patterns were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagPatternsError {
    /// There is no pattern, or a pattern is empty.
    #[error("a pattern is missing or empty; write one such as \"v*\"")]
    Empty,
    /// A pattern is not a valid glob.
    #[error("`{pattern}` is not a valid glob: {reason}; write one such as \"v*\"")]
    Invalid {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl TagPatterns {
    pub(super) fn matches(&self, tag: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(tag))
    }

    /// The patterns, for messages.
    pub(super) fn describe(&self) -> String {
        let patterns: Vec<_> = self.0.iter().map(|pattern| format!("`{}`", pattern.glob().glob())).collect();
        patterns.join(", ")
    }
}

impl Default for TagPatterns {
    fn default() -> Self {
        Self::try_from(vec!["v*".to_owned()]).expect("a valid glob")
    }
}

impl TryFrom<Vec<String>> for TagPatterns {
    type Error = TagPatternsError;

    fn try_from(patterns: Vec<String>) -> Result<Self, TagPatternsError> {
        if patterns.is_empty() || patterns.iter().any(|pattern| pattern.trim().is_empty()) {
            return Err(TagPatternsError::Empty);
        }
        patterns.iter().map(|pattern| compile(pattern)).collect::<Result<_, _>>().map(Self)
    }
}

fn compile(pattern: &str) -> Result<GlobMatcher, TagPatternsError> {
    compile_glob(pattern)
        .map_err(|InvalidGlob { pattern, reason }| TagPatternsError::Invalid { pattern, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_cannot_be_compiled_is_refused() {
        let refused = |pattern: String| TagPatterns::try_from(vec![pattern]).unwrap_err().to_string();
        assert_eq!(
            refused("v[".to_owned()),
            "`v[` is not a valid glob: unclosed character class; missing ']'; write one such as \"v*\""
        );
    }

    #[test]
    fn a_missing_or_empty_pattern_is_refused() {
        for patterns in [vec![], vec!["v*".to_owned(), " ".to_owned()]] {
            assert_eq!(TagPatterns::try_from(patterns).unwrap_err(), TagPatternsError::Empty);
        }
    }
}
