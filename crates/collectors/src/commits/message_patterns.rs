//! The patterns in the settings, for projects whose messages have their own forms. The patterns are compiled when the
//! settings are read, so that an invalid pattern is refused at its line.

use regex::{Regex, RegexBuilder};

/// Regular expressions that are searched in commit messages, ignoring case. A message matches if any of them matches a part of it.
/// Syntax: <https://docs.rs/regex/latest/regex/#syntax>.
#[derive(Debug, Clone)]
pub struct MessagePatterns(Vec<Regex>);

/// Why patterns were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessagePatternsError {
    /// There are none, so no message would count.
    #[error("at least one pattern is needed, such as [\"hotfix\"] or [\"revert\"]")]
    NoPatterns,
    /// One of them matches the empty message, so it probably matches every message.
    #[error(
        "`{0}` matches the empty message; write a pattern that needs some text, such as \"hotfix\" or \"revert\""
    )]
    MatchesEmpty(String),
    /// One of them is not a regular expression.
    #[error("`{pattern}` is not a regular expression: {reason}")]
    Invalid {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl MessagePatterns {
    /// Compiles patterns.
    pub fn new<T: AsRef<str>>(patterns: &[T]) -> Result<Self, MessagePatternsError> {
        if patterns.is_empty() {
            return Err(MessagePatternsError::NoPatterns);
        }
        let compile = |pattern: &T| {
            let pattern = pattern.as_ref();
            let compiled = RegexBuilder::new(pattern).case_insensitive(true).build().map_err(|error| {
                MessagePatternsError::Invalid {
                    pattern: pattern.to_owned(),
                    reason: last_line(&error.to_string()),
                }
            })?;
            if compiled.is_match("") {
                return Err(MessagePatternsError::MatchesEmpty(pattern.to_owned()));
            }
            Ok(compiled)
        };
        patterns.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// The first pattern that matches a message.
    #[must_use]
    pub fn find(&self, message: &str) -> Option<&str> {
        self.0.iter().find(|pattern| pattern.is_match(message)).map(Regex::as_str)
    }
}

/// The last line of a regex error, which says what is wrong. The lines before it show the position in the pattern.
fn last_line(error: &str) -> String {
    let line = error.lines().last().unwrap_or(error);
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    #[test]
    fn the_first_pattern_that_matches_is_named() {
        let patterns = MessagePatterns::new(&["^urgent", "hot"]).unwrap();
        assert_eq!(patterns.find("URGENT: a hot one"), Some("^urgent"));
        assert_eq!(patterns.find("Tidy\n\nToo Hot"), Some("hot"));
        assert_eq!(patterns.find("not urgent"), None);
    }

    #[test]
    fn invalid_patterns_are_refused_at_their_line() {
        let refused = |toml: &str| {
            let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build();
            settings.unwrap_err().to_string()
        };
        assert_eq!(
            refused("[commits]\nsource = \"auto\"\nhotfix = [\"fine\", \"(\"]"),
            "a.toml:3:1: `hotfix` in [commits]: `(` is not a regular expression: unclosed group"
        );
        assert_eq!(
            refused("[commits]\nreverts = []"),
            "a.toml:2:1: `reverts` in [commits]: at least one pattern is needed, such as [\"hotfix\"] or [\"revert\"]"
        );
        assert_eq!(
            refused("[commits]\nhotfix = [\"hot\", \"\"]"),
            "a.toml:2:1: `hotfix` in [commits]: `` matches the empty message; write a pattern that needs some text, such as \"hotfix\" \
             or \"revert\""
        );
    }
}
