//! The regular expressions of the classifiers. There are dozens of them, and compiling them takes longer than matching
//! hundreds of messages. Therefore they match bytes: the tables of Unicode's letters would make compiling them about
//! three times as slow.

use std::sync::OnceLock;

use regex::bytes::{Captures, Regex, RegexBuilder};

/// A regular expression in which `\w`, `\s` and `\b` know only ASCII. `[\w\x80-\xff]` also matches the letters of other
/// languages.
#[derive(Debug)]
pub(super) struct Pattern {
    source: &'static str,
    regex: OnceLock<Regex>,
}

/// The groups of a match.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    text: &'a str,
    captures: Captures<'a>,
}

/// Declares patterns, and lists them as `PATTERNS`.
macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $source:expr;)+) => {
        $($(#[$doc])* static $name: $crate::commits::pattern::Pattern = $crate::commits::pattern::Pattern::new($source);)+

        pub(super) static PATTERNS: &[&$crate::commits::pattern::Pattern] = &[$(&$name),+];
    };
}
pub(super) use patterns;

impl Pattern {
    pub(super) const fn new(source: &'static str) -> Self {
        Self { source, regex: OnceLock::new() }
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex().is_match(text.as_bytes())
    }

    /// The text of the first match.
    pub(super) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.get(self.regex().find(text.as_bytes())?.range())
    }

    pub(super) fn captures<'a>(&self, text: &'a str) -> Option<Groups<'a>> {
        let captures = self.regex().captures(text.as_bytes())?;
        Some(Groups { text, captures })
    }

    /// Compiles the pattern, unless that was done before.
    pub(super) fn compile(&self) {
        self.regex();
    }

    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            let regex = RegexBuilder::new(self.source).unicode(false).build();
            regex.expect("a pattern that is written in this code compiles, which the tests check")
        })
    }
}

impl<'a> Groups<'a> {
    /// The text of a group, if it is part of the match.
    pub(super) fn get(&self, group: &str) -> Option<&'a str> {
        self.text.get(self.captures.name(group)?.range())
    }

    /// The text before the match.
    pub(super) fn before(&self) -> &'a str {
        let start = self.captures.get(0).map_or(0, |found| found.start());
        self.text.get(..start).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_characters_count_as_letters_and_spaces() {
        static WORD: Pattern = Pattern::new(r"^(?i)\w+\b(?P<rest>\s.*)?");
        assert_eq!(WORD.find("Login"), Some("Login"));
        assert_eq!(WORD.find("Größe"), Some("Gr"));
        assert_eq!(WORD.captures("a b").unwrap().get("rest"), Some(" b"));
        assert!(WORD.captures("a\u{a0}b").unwrap().get("rest").is_none());
        assert_eq!(Pattern::new("b+").captures("äbb").unwrap().before(), "ä");
        assert_eq!(Pattern::new(r"^[\w\x80-\xff]+").find("Größe: x"), Some("Größe"));
    }
}
