//! Keeps what may be secret out of messages about settings. Errors of serde repeat the value that they
//! refuse, and people paste tokens into the wrong place.

use toml::Value;

use super::format::to_toml;

/// Shorter texts are words, names and durations; tokens and keys are longer.
const SHORTEST_SECRET: usize = 16;
/// A shorter text is part of so many words that replacing it everywhere would give it away. It is replaced only
/// where it stands in quotes.
const SHORTEST_REPLACED: usize = 8;

/// The message without the texts in the value that may be secrets; for a key that is declared a secret,
/// without any part of the value.
pub(super) fn redact(message: &str, value: &Value, is_secret: bool) -> String {
    let mut texts = Vec::new();
    collect(value, is_secret, &mut texts);
    // The longest first, in case one is part of another.
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts.iter().filter(|text| !text.is_empty()).fold(message.to_owned(), |message, text| {
        let escaped = format!("{text:?}");
        if text.len() < SHORTEST_REPLACED {
            return message.replace(&escaped, "\"...\"").replace(&format!("`{text}`"), "`...`");
        }
        message.replace(&**text, "...").replace(&escaped[1..escaped.len() - 1], "...")
    })
}

fn collect(value: &Value, is_secret: bool, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret || may_be_secret(text) => texts.push(text.clone()),
        Value::String(_) => {}
        Value::Array(values) => values.iter().for_each(|value| collect(value, is_secret, texts)),
        Value::Table(table) => table.iter().for_each(|(key, value)| {
            if is_secret || is_secret_name(key) {
                texts.push(key.clone());
            }
            collect(value, is_secret, texts);
        }),
        other if is_secret => texts.push(to_toml(other)),
        _ => {}
    }
}

/// Whether a text may be a token, a key or an address with a password, and must not be repeated in a message.
#[must_use]
pub fn may_be_secret(text: &str) -> bool {
    let text = text.trim();
    let is_word = text.len() < SHORTEST_SECRET || text.contains(char::is_whitespace);
    // Random characters without a digit among them are rare.
    let is_path = text.contains(['/', '.']) && !text.contains(|c: char| c.is_ascii_digit());
    !(is_word || is_path) || text.contains("://") || text.contains('@')
}

/// A name of a table or a key, unless somebody wrote a token there.
pub(super) fn shown_name(name: &str) -> String {
    if is_secret_name(name) { "...".to_owned() } else { name.to_owned() }
}

/// Names may be long, and are of lower-case letters.
fn is_secret_name(name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '-' | '.');
    may_be_secret(name) && !name.chars().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_left_out() {
        let redacted =
            |value: &str| redact(&format!("invalid value: string {value:?}"), &value.into(), false);
        for shown in
            ["soon", "15m", "owner/name", "two words that are longer", ".github/workflows/checks.yml"]
        {
            assert_eq!(redacted(shown), format!("invalid value: string {shown:?}"));
        }
        for hidden in ["ghp_0123456789abcdef", "https://u:p@h", "me:p@h", "0123456789\"abcdef"] {
            assert_eq!(redacted(hidden), "invalid value: string \"...\"");
        }
    }

    #[test]
    fn of_a_secret_key_nothing_is_shown() {
        assert_eq!(redact("invalid type: integer `7`", &7.into(), true), "invalid type: integer `...`");
        let table = Value::Table([("pass".to_owned(), Value::from("long word"))].into_iter().collect());
        assert_eq!(
            redact("unknown field `pass` with long word", &table, true),
            "unknown field `...` with ..."
        );
        assert_eq!(redact("invalid type: string \"a\"", &"a".into(), true), "invalid type: string \"...\"");
    }

    #[test]
    fn a_token_in_the_place_of_a_name_is_left_out() {
        for name in ["monitors", "datadog_application_key", "commits.reverts_of_the_week"] {
            assert_eq!(shown_name(name), name);
        }
        assert_eq!(shown_name("ghp_0123456789abcdef"), "...");
        let table = Value::Table([("ghp_0123456789abcdef".to_owned(), 1.into())].into_iter().collect());
        assert_eq!(redact("unknown field `ghp_0123456789abcdef`", &table, false), "unknown field `...`");
    }
}
