//! Makes text from a server safe for a message. A server may repeat the credential that it received, and may send control
//! characters. Only text in messages is redacted, and never data, because a secret may be part of an ordinary word.

use std::{fmt, ops::Range};

/// The minimum length of a secret, in bytes. A shorter secret would also be replaced inside ordinary words, and a reader
/// could guess the secret from them. Real secrets are longer.
const MIN_SECRET_LENGTH: usize = 8;
/// Maximum length of a quotation, in characters, without the mark that the rest is left out.
const MAX_QUOTATION_LENGTH: usize = 300;

/// Replaces credentials in text that is quoted.
#[derive(Clone)]
pub struct Redactor {
    secrets: Vec<String>,
    replacement: &'static str,
}

impl Redactor {
    /// Redacts these secrets, except those that are shorter than 8 bytes.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>, replacement: &'static str) -> Self {
        let secrets = secrets.into_iter().filter(|secret| secret.len() >= MIN_SECRET_LENGTH);
        Self { secrets: secrets.map(str::to_owned).collect(), replacement }
    }

    /// The text with every occurrence of a secret replaced. Occurrences that overlap are replaced together.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut end = 0;
        for occurrence in self.occurrences(text) {
            if occurrence.start >= end {
                redacted.push_str(&text[end..occurrence.start]);
                redacted.push_str(self.replacement);
            }
            end = end.max(occurrence.end);
        }
        redacted.push_str(&text[end..]);
        redacted
    }

    /// Where secrets are in a text, ordered by their starts.
    fn occurrences(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        text.char_indices().flat_map(move |(start, _)| {
            let found = self.secrets.iter().filter(move |secret| text[start..].starts_with(secret.as_str()));
            found.map(move |secret| start..start + secret.len())
        })
    }

    /// The redacted text as one line. After 300 characters, the rest is replaced by ` …`.
    #[must_use]
    pub fn quote(&self, text: &str) -> String {
        // The text is redacted before it is cut, because a part of a secret is also secret.
        one_line(&self.redact(text))
    }
}

// `Debug` is not derived, because the secrets must not be logged.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("replacement", &self.replacement).finish_non_exhaustive()
    }
}

/// The text as one line without control characters. After 300 characters, the rest is replaced by ` …`.
#[must_use]
pub fn one_line(text: &str) -> String {
    let line = text.replace(char::is_control, " ").split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_QUOTATION_LENGTH) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_occurrences_of_a_secret_are_replaced() {
        let redactor = Redactor::new(["0dd0c0ffee", "a", "is", ""], "[key]");

        assert_eq!(redactor.redact("key 0dd0c0ffee, again: 0dd0c0ffee!"), "key [key], again: [key]!");
        assert_eq!(redactor.redact("a token is a secret"), "a token is a secret");
    }

    #[test]
    fn a_secret_that_contains_another_one_is_replaced_as_a_whole() {
        let redactor = Redactor::new(["0dd0c0ffee", "0dd0c0ffee1234"], "[key]");

        assert_eq!(redactor.redact("0dd0c0ffee1234 and 0dd0c0ffee"), "[key] and [key]");
    }

    #[test]
    fn secrets_that_overlap_are_replaced_as_a_whole() {
        let redactor = Redactor::new(["0dd0c0ffee", "c0ffee1234", "abcdabcdabcd"], "[key]");

        assert_eq!(redactor.redact("<0dd0c0ffee1234>"), "<[key]>");
        assert_eq!(redactor.redact("abcdabcdabcdabcd!"), "[key]!");
        assert_eq!(redactor.redact("0dd0c0ffee0dd0c0ffee"), "[key][key]");
    }

    #[test]
    fn a_quotation_is_one_bounded_line() {
        let redactor = Redactor::new(["0dd0c0ffee", "c0ffee0dd"], "[key]");

        assert_eq!(redactor.quote("<html>\r\n\t<b>no\x1b[31m</b>"), "<html> <b>no [31m</b>");
        assert_eq!(redactor.quote("key 0dd0c0ffee or c0ffee0dd is wrong"), "key [key] or [key] is wrong");
        assert_eq!(redactor.quote(&"ä".repeat(400)), format!("{} …", "ä".repeat(300)));
    }

    #[test]
    fn a_secret_at_the_end_of_a_quotation_is_replaced() {
        let text = format!("{}0dd0c0ffee", "x".repeat(MAX_QUOTATION_LENGTH - 4));

        assert!(!Redactor::new(["0dd0c0ffee"], "[key]").quote(&text).contains("0dd"));
    }

    #[test]
    fn a_redactor_shows_no_secret() {
        let shown = format!("{:?}", Redactor::new(["0dd0c0ffee"], "[key]"));

        assert!(!shown.contains("0dd"), "{shown}");
    }
}
