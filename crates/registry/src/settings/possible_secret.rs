//! Texts and names that may be secrets. People paste tokens into the wrong place.

/// The minimum length of a possible secret. Shorter texts are usually words, names and durations.
const MIN_SECRET_LENGTH: usize = 16;

/// Whether a text may be a token, a key or an address with a password, and must not be repeated in a message.
#[must_use]
pub fn may_be_secret(text: &str) -> bool {
    let text = text.trim();
    let is_short_or_has_spaces = text.len() < MIN_SECRET_LENGTH || text.contains(char::is_whitespace);
    // Random tokens nearly always contain a digit.
    let is_path = text.contains(['/', '.']) && !text.contains(|c: char| c.is_ascii_digit());
    !(is_short_or_has_spaces || is_path) || text.contains("://") || text.contains('@')
}

/// The name of a table or a key for a message. It is replaced if it may be a token in the wrong place.
pub(super) fn shown_name(name: &str) -> String {
    if may_be_secret_name(name) { "...".to_owned() } else { name.to_owned() }
}

/// Whether the name of a table or a key may be a secret. A name with only lower-case letters, `_`, `-` and
/// `.` is not taken for a secret, however long it is.
pub(super) fn may_be_secret_name(name: &str) -> bool {
    let is_name_char = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '-' | '.');
    may_be_secret(name) && !name.chars().all(is_name_char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_place_of_a_name_is_not_shown() {
        for name in ["monitors", "datadog_application_key", "commits.reverts_of_the_week"] {
            assert_eq!(shown_name(name), name);
        }
        assert_eq!(shown_name("ghp_0123456789abcdef"), "...");
    }
}
