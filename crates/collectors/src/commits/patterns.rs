//! Which messages count. Patterns are compiled when the settings are read, so that a broken one is
//! refused at its line, before anything runs.

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::Commit;

/// Regular expressions for commit messages, without regard to case. A message matches when any of them
/// does. Syntax: <https://docs.rs/regex/latest/regex/#syntax>.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
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

    /// Mentions of a hotfix: `hotfix`, `hot-fix`, `hot fix`; but not `screenshot fix`.
    pub(super) fn hotfix() -> Self {
        Self::new(&["hotfix", r"(?:\b|_)hot[- ]fix"]).expect("constants, and tested")
    }

    /// Reverts: the subject starts with the word `revert`, or the message says `reverts commit`, as
    /// `git revert` writes it.
    pub(super) fn reverts() -> Self {
        Self::new(&[r"\A\s*revert\b", r"\breverts\s+commit"]).expect("constants, and tested")
    }

    /// Whether any pattern matches the commit's message.
    #[must_use]
    pub fn match_commit(&self, commit: &Commit) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(&commit.message))
    }
}

impl TryFrom<Vec<String>> for Patterns {
    type Error = PatternsError;

    fn try_from(patterns: Vec<String>) -> Result<Self, PatternsError> {
        Self::new(&patterns)
    }
}

/// The point of a regex error: the lines before it draw the pattern with a caret below.
fn last_line(error: &str) -> String {
    let line = error.lines().last().unwrap_or(error);
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::SystemTime};

    use system_health_registry::Settings;

    use super::*;

    fn matches(patterns: &Patterns, message: &str) -> bool {
        let commit =
            Commit { id: String::new(), message: message.into(), committed_at: SystemTime::UNIX_EPOCH };
        patterns.match_commit(&commit)
    }

    #[test]
    fn hotfixes_are_found_in_any_spelling_and_place() {
        let yes = [
            "hotfix: login",
            "HOT-FIX",
            "A Hot Fix for it",
            "Tidy\n\nAfter the hotfix.",
            "Merge hotfix/1.2",
            "x_hotfix",
            "release_hot-fix",
        ];
        let no =
            ["Fix the hot path", "Take a screenshot fixture", "Screenshot fix", "hot  fix", "hot\nfix", ""];
        assert_eq!(yes.map(|message| matches(&Patterns::hotfix(), message)), [true; 7]);
        assert_eq!(no.map(|message| matches(&Patterns::hotfix(), message)), [false; 6]);
    }

    #[test]
    fn reverts_are_found_by_subject_or_by_gits_own_line() {
        let yes = [
            "Revert \"Add login\"",
            "revert: login",
            "REVERT",
            "Undo login\n\nThis reverts commit 1234567.",
            "Undo\n\nThis reverts\ncommit 1234567.",
            "Undo\n\nReverts commits 1 and 2",
        ];
        let no = [
            "Reverted the login",
            "Reverts the login",
            "Add a revert button",
            "Tidy\n\nRevert is next",
            "It never reverts a commit",
            "",
        ];
        assert_eq!(yes.map(|message| matches(&Patterns::reverts(), message)), [true; 6]);
        assert_eq!(no.map(|message| matches(&Patterns::reverts(), message)), [false; 6]);
    }

    #[test]
    fn broken_patterns_are_refused_where_they_are_written() {
        let refused = |toml: &str| {
            let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build();
            settings.unwrap_err().to_string()
        };
        assert_eq!(
            refused("[commits]\nwindow = \"7d\"\nhotfix = [\"fine\", \"(\"]"),
            "a.toml:3: `hotfix` in [commits]: `(` is no regular expression: unclosed group"
        );
        assert_eq!(
            refused("[commits]\nreverts = []"),
            "a.toml:2: `reverts` in [commits]: at least one pattern is needed, such as [\"hotfix\"]"
        );
        assert_eq!(
            refused("[commits]\nhotfix = [\"hot\", \"\"]"),
            "a.toml:2: `hotfix` in [commits]: `` matches every message, even an empty one; write one such as \"hotfix\""
        );
    }
}
