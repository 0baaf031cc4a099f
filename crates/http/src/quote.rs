//! Makes text from a server safe for a message. A server may repeat the credential that it received, and may send control
//! characters. Only text in messages is redacted, and never data, because a secret may be part of an ordinary word.

use std::{cmp::Reverse, fmt};

/// The minimum length of a secret, in bytes. A shorter secret would also be replaced inside ordinary words, and a reader
/// could guess the secret from them. Real secrets are longer.
const MIN_SECRET_LENGTH: usize = 8;
/// Maximum length of a quotation, in characters, without the mark that the rest is left out.
const MAX_QUOTATION: usize = 300;

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
        let mut secrets: Vec<String> = secrets.map(str::to_owned).collect();
        // The longest secret is replaced first, because another one may be a part of it.
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        Self { secrets, replacement }
    }

    /// The text with every occurrence of a secret replaced.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let replaced = |text: String, secret| text.replace(secret, self.replacement);
        self.secrets.iter().map(String::as_str).fold(text.to_owned(), replaced)
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
    match line.char_indices().nth(MAX_QUOTATION) {
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
    fn a_quotation_is_one_bounded_line() {
        let redactor = Redactor::new(["0dd0c0ffee", "c0ffee0dd"], "[key]");

        assert_eq!(redactor.quote("<html>\r\n\t<b>no\x1b[31m</b>"), "<html> <b>no [31m</b>");
        assert_eq!(redactor.quote("key 0dd0c0ffee or c0ffee0dd is wrong"), "key [key] or [key] is wrong");
        assert_eq!(redactor.quote(&"ä".repeat(400)), format!("{} …", "ä".repeat(300)));
    }

    #[test]
    fn a_secret_at_the_end_of_a_quotation_is_replaced() {
        let text = format!("{}0dd0c0ffee", "x".repeat(MAX_QUOTATION - 4));

        assert!(!Redactor::new(["0dd0c0ffee"], "[key]").quote(&text).contains("0dd"));
    }

    #[test]
    fn a_redactor_shows_no_secret() {
        let shown = format!("{:?}", Redactor::new(["0dd0c0ffee"], "[key]"));

        assert!(!shown.contains("0dd"), "{shown}");
    }
}
