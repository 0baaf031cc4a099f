//! Datadog lower-cases tags and replaces characters that it does not allow. This module does the same before points are
//! sent. So the output shows the tags that Datadog stores, and tags that become equal are sent once.
//! Rules: <https://docs.datadoghq.com/getting_started/tagging/#define-tags>.

use std::{fmt, sync::Arc};

/// The maximum length of a tag, in characters.
pub const MAX_TAG_LENGTH: usize = 200;

/// A tag in the form in which Datadog stores it, such as `team:platform`.
///
/// It is lower case, starts with a letter, contains letters, digits, `_`, `-`, `:`, `.` and `/`, does
/// not end with `_` or `:`, and has at most 200 characters. A clone is cheap, because it shares the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

/// Why a tag was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// The tag contains no letter to start with.
    #[error("tag `{0}` has no letter to start with; write a tag such as \"team:platform\"")]
    Empty(String),
    /// Datadog would remove the whole value.
    #[error(
        "tag `{0}` would be stored without its value; a value needs at least one letter, digit, `-`, `.` \
         or `/`, within the first {MAX_TAG_LENGTH} characters of the tag"
    )]
    NoValue(String),
    /// Datadog would store another tag.
    #[error(
        "tag `{written}` would be stored as `{stored}`; a tag starts with a letter and contains only \
         letters, digits, `_`, `-`, `:`, `.` and `/`, at most {MAX_TAG_LENGTH} characters"
    )]
    Changed {
        /// The tag as written.
        written: String,
        /// The tag as Datadog would store it.
        stored: String,
    },
}

impl Tag {
    /// Parses a tag that a person wrote. It is lower-cased; a tag that needs any other change is refused.
    pub fn parse(written: &str) -> Result<Self, TagError> {
        if is_stored_form(written) {
            return Ok(Self(written.into()));
        }
        let stored = normalise(written);
        if stored.is_empty() {
            return Err(TagError::Empty(written.to_owned()));
        }
        // `str::to_lowercase` lower-cases a final `Σ` differently.
        if stored.chars().ne(written.chars().flat_map(char::to_lowercase)) {
            return Err(TagError::Changed { written: written.to_owned(), stored });
        }
        Ok(Self(stored.into()))
    }

    /// The tag `name:value` for a value that a program found, such as a branch name. Characters of the value that
    /// Datadog does not allow become `_`.
    ///
    /// Fails if the name needs a change other than lower case, or if Datadog would remove the whole value.
    pub fn new(name: &str, value: &str) -> Result<Self, TagError> {
        let parsed;
        let name = if is_stored_form(name) {
            name
        } else {
            parsed = Self::parse(name)?;
            parsed.as_str()
        };
        let written = [name, ":", value].concat();
        if is_stored_form(&written) {
            return Ok(Self(written.into()));
        }
        let stored = normalise(&written);
        if stored.len() <= name.len() {
            return Err(TagError::NoValue(written));
        }
        Ok(Self(stored.into()))
    }

    /// Converts a tag into the form in which Datadog stores it. This is for tags that were written for another program, such as
    /// those in `DD_TAGS`.
    ///
    /// Fails if the result is empty.
    pub fn normalised(written: &str) -> Result<Self, TagError> {
        match normalise(written) {
            stored if stored.is_empty() => Err(TagError::Empty(written.to_owned())),
            stored => Ok(Self(stored.into())),
        }
    }

    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text before the first colon, such as `team`, or the whole tag if it has no colon.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once(':').map_or(&*self.0, |(name, _)| name)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a tag is already in the form in which Datadog stores it. Only ASCII is recognised. Nearly all tags pass this
/// check, which does not allocate.
fn is_stored_form(tag: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_-:./".contains(&c);
    tag.len() <= MAX_TAG_LENGTH
        && tag.starts_with(|c: char| c.is_ascii_lowercase())
        && tag.bytes().all(allowed)
        && !tag.ends_with(['_', ':'])
        && !tag.contains("__")
}

/// Datadog's form of a tag; empty if the tag contains no letter to start with.
fn normalise(tag: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '/');
    let mut stored = String::with_capacity(tag.len());
    let mut length = 0;
    for c in tag.chars().flat_map(char::to_lowercase) {
        if length == MAX_TAG_LENGTH {
            break;
        }
        let c = if allowed(c) { c } else { '_' };
        let is_kept = if stored.is_empty() { c.is_alphabetic() } else { c != '_' || !stored.ends_with('_') };
        if is_kept {
            stored.push(c);
            length += 1;
        }
    }
    stored.truncate(stored.trim_end_matches(['_', ':']).len());
    stored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ascii_tag_is_in_stored_form_if_and_only_if_normalising_does_not_change_it() {
        for tag in
            ["a", "team:platform", "a_b", "env:1.2-3/x", "a:", "a_", "a__b", "A", "1a", "", "ä", "a,b", "_a"]
        {
            assert_eq!(
                is_stored_form(tag),
                normalise(tag) == tag && tag.is_ascii() && !tag.is_empty(),
                "{tag}"
            );
        }
        assert!(is_stored_form(&"a".repeat(200)) && !is_stored_form(&"a".repeat(201)));
    }

    #[test]
    fn a_written_tag_is_only_lower_cased() {
        assert_eq!(Tag::parse("Team:Platform").unwrap().as_str(), "team:platform");
        assert_eq!(Tag::parse("région:île-de-france").unwrap().as_str(), "région:île-de-france");
        assert_eq!(Tag::parse("ΟΔΟΣ:a").unwrap().as_str(), "οδοσ:a");
        assert_eq!(Tag::parse("street:ΟΔΟΣ").unwrap().as_str(), "street:οδοσ");
    }

    #[test]
    fn a_written_tag_that_would_change_is_refused() {
        for written in ["team platform", "1st", "team:", "a__b", "_a", "a,b", &"t".repeat(201)] {
            assert!(matches!(Tag::parse(written), Err(TagError::Changed { .. })), "{written}");
        }
        assert_eq!(
            Tag::parse("team platform!").unwrap_err().to_string(),
            "tag `team platform!` would be stored as `team_platform`; a tag starts with a letter and contains \
             only letters, digits, `_`, `-`, `:`, `.` and `/`, at most 200 characters"
        );
        assert_eq!(
            Tag::parse("42").unwrap_err().to_string(),
            "tag `42` has no letter to start with; write a tag such as \"team:platform\""
        );
    }

    #[test]
    fn a_value_from_a_program_is_normalised() {
        let tag = |value: &str| Tag::new("branch", value).map(|tag| tag.to_string());
        assert_eq!(tag("Feature/Ünï codé#1").unwrap(), "branch:feature/ünï_codé_1");
        assert_eq!(tag("2024").unwrap(), "branch:2024");
        assert_eq!(tag(&"v".repeat(300)).unwrap().chars().count(), MAX_TAG_LENGTH);
        for value in ["", "!!", ":_"] {
            assert_eq!(tag(value), Err(TagError::NoValue(format!("branch:{value}"))));
        }
        assert!(Tag::new("my branch", "main").is_err());
    }

    #[test]
    fn a_tag_from_another_program_is_normalised() {
        let tag = |written: &str| Tag::normalised(written).map(|tag| tag.to_string());
        assert_eq!(tag("owner:me@x.com").unwrap(), "owner:me_x.com");
        assert_eq!(tag("Team:Web").unwrap(), "team:web");
        assert_eq!(tag("1st").unwrap(), "st");
        assert_eq!(tag("42").unwrap_err(), TagError::Empty("42".to_owned()));
    }

    #[test]
    fn a_name_ends_at_the_first_colon() {
        for (tag, name) in [("team:platform", "team"), ("url:http://a", "url"), ("nightly", "nightly")] {
            assert_eq!(Tag::parse(tag).unwrap().name(), name);
        }
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        let check = |text: String| {
            let once = normalise(&text);
            assert_eq!(normalise(&once), once, "{text:?}");
            assert!(once.chars().count() <= MAX_TAG_LENGTH, "{text:?}");
        };
        // All characters other than ASCII, letters and digits become `_`, so one of them is enough.
        let is_tested = |c: &char| c.is_ascii() || c.is_alphanumeric() || *c == '☃';
        for c in ('\0'..=char::MAX).filter(is_tested) {
            check(format!("{c}a{c}"));
            check(format!("a{c}{c}:"));
        }
        // At the maximum length, the result depends on what a character becomes: itself, another one, two characters or
        // `_`.
        for c in ('\0'..='\u{2fff}').filter(|c| c.is_ascii() || c.to_lowercase().ne([*c])) {
            check(format!("{}{c}{c}", "a".repeat(MAX_TAG_LENGTH - 1)));
        }
    }
}
