//! Which tags are deployments. The patterns are compiled when the settings are read.

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

/// Globs for the names of tags, such as `v*`. A tag is selected if a glob matches its whole name. `*` also matches `/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct TagPatterns(Vec<GlobMatcher>);

/// Why patterns were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagPatternsError {
    /// There is no pattern, or a pattern is empty.
    #[error("a pattern is empty; write one such as \"v*\"")]
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
        if patterns.is_empty() || patterns.iter().any(String::is_empty) {
            return Err(TagPatternsError::Empty);
        }
        let compile = |pattern: String| match GlobBuilder::new(&pattern).build() {
            Ok(glob) => Ok(glob.compile_matcher()),
            Err(error) => Err(TagPatternsError::Invalid { reason: error.kind().to_string(), pattern }),
        };
        patterns.into_iter().map(compile).collect::<Result<_, _>>().map(Self)
    }
}
