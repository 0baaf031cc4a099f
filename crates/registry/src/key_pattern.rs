//! Patterns for the keys of metrics, as settings and flags write them.

use std::{cmp::Ordering, fmt};

use globset::{Glob, GlobMatcher};
use serde::Deserialize;

/// A glob for the keys of metrics, such as `commits.*`. `*` matches any text, `?` one character, and `{a,b}` either `a`
/// or `b`.
///
/// ```
/// use system_health_registry::KeyPattern;
///
/// let pattern: KeyPattern = "commits.*".parse().unwrap();
/// assert!(pattern.is_match("commits.hotfix") && !pattern.is_match("ci.runs"));
/// ```
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct KeyPattern {
    text: String,
    matcher: GlobMatcher,
}

/// The text is not a glob, or is too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a pattern for keys ({reason}); write a key or a glob, such as \"commits.*\"")]
pub struct KeyPatternError {
    // The text is not repeated, because it may be a secret in the wrong place.
    reason: String,
}

impl KeyPattern {
    /// The maximum length of a pattern, in bytes. In a longer pattern, 125 braces could be nested with text between them, and
    /// `globset` would panic.
    pub const MAX_LENGTH: usize = 300;

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole key matches.
    #[must_use]
    pub fn is_match(&self, key: &str) -> bool {
        self.matcher.is_match(key)
    }
}

impl std::str::FromStr for KeyPattern {
    type Err = KeyPatternError;

    fn from_str(text: &str) -> Result<Self, KeyPatternError> {
        if text.len() > Self::MAX_LENGTH {
            return Err(KeyPatternError { reason: format!("it is longer than {} bytes", Self::MAX_LENGTH) });
        }
        let glob = Glob::new(text).map_err(|error| KeyPatternError { reason: error.kind().to_string() })?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }
}

impl TryFrom<String> for KeyPattern {
    type Error = KeyPatternError;

    fn try_from(text: String) -> Result<Self, KeyPatternError> {
        text.parse()
    }
}

impl fmt::Display for KeyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for KeyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

impl PartialEq for KeyPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for KeyPattern {}

impl PartialOrd for KeyPattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyPattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_keys() {
        let matches = |pattern: &str, key: &str| pattern.parse::<KeyPattern>().unwrap().is_match(key);
        assert!(matches("commits.hotfix", "commits.hotfix"));
        assert!(!matches("commits", "commits.hotfix"));
        assert!(matches("*", "commits.hotfix"));
        assert!(matches("{ci,prs}.*", "prs.merged"));
    }

    #[test]
    fn a_pattern_that_is_too_long_is_refused() {
        let nested = |levels| format!("{}v{}", "{a".repeat(levels), "}".repeat(levels));
        for pattern in ["a".repeat(301), nested(133), nested(100)] {
            let message = pattern.parse::<KeyPattern>().unwrap_err().to_string();
            assert!(message.contains("(it is longer than 300 bytes)"), "{message}");
        }
        assert!("a".repeat(300).parse::<KeyPattern>().is_ok());
        assert!(nested(99).parse::<KeyPattern>().is_ok());
    }

    #[test]
    fn an_invalid_pattern_is_refused_without_repeating_it() {
        let message = "ghp_secret[".parse::<KeyPattern>().unwrap_err().to_string();
        assert!(
            message.starts_with("this is not a pattern for keys (") && !message.contains("secret"),
            "{message}"
        );
    }
}
