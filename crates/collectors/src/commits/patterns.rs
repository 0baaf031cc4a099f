//! Patterns of the settings, for projects whose messages have forms of their own. They are compiled when the
//! settings are read, so that a broken one is refused at its line, before anything runs.

use regex::{Regex, RegexBuilder};

/// Regular expressions for whole commit messages, ignoring case. A message matches when any of them
/// does. Syntax: <https://docs.rs/regex/latest/regex/#syntax>.
#[derive(Debug, Clone)]
pub struct Patterns(Vec<Regex>);

/// Why patterns were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatternsError {
    /// There are none, so the count would be 0 for ever.
    #[error("at least one pattern is needed, such as [\"hotfix\"]")]
    None,
    /// One of them matches every message.
    #[error("`{0}` matches every message, even an empty one; write one such as \"hotfix\"")]
    Everything(String),
    /// One of them is no regular expression.
    #[error("`{pattern}` is no regular expression: {reason}")]
    Broken {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Patterns {
    /// Compiles patterns.
    pub fn new<T: AsRef<str>>(patterns: &[T]) -> Result<Self, PatternsError> {
        if patterns.is_empty() {
            return Err(PatternsError::None);
        }
        let compile = |pattern: &T| {
            let pattern = pattern.as_ref();
            let compiled = RegexBuilder::new(pattern).case_insensitive(true).build().map_err(|error| {
                PatternsError::Broken { pattern: pattern.to_owned(), reason: last_line(&error.to_string()) }
            })?;
            if compiled.is_match("") {
                return Err(PatternsError::Everything(pattern.to_owned()));
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

/// The point of a regex error: the lines before it draw the pattern with a caret below.
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
        let patterns = Patterns::new(&["^urgent", "hot"]).unwrap();
        assert_eq!(patterns.find("URGENT: a hot one"), Some("^urgent"));
        assert_eq!(patterns.find("Tidy\n\nToo Hot"), Some("hot"));
        assert_eq!(patterns.find("not urgent"), None);
    }

    #[test]
    fn broken_patterns_are_refused_where_they_are_written() {
        let refused = |toml: &str| {
            let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build();
            settings.unwrap_err().to_string()
        };
        assert_eq!(
            refused("[commits]\nwindow = \"7d\"\nhotfix = [\"fine\", \"(\"]"),
            "a.toml:3:1: `hotfix` in [commits]: `(` is no regular expression: unclosed group"
        );
        assert_eq!(
            refused("[commits]\nreverts = []"),
            "a.toml:2:1: `reverts` in [commits]: at least one pattern is needed, such as [\"hotfix\"]"
        );
        assert_eq!(
            refused("[commits]\nhotfix = [\"hot\", \"\"]"),
            "a.toml:2:1: `hotfix` in [commits]: `` matches every message, even an empty one; write one such as \"hotfix\""
        );
    }
}
