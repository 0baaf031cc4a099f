//! Removes possible secrets from messages about settings. Errors of serde repeat the refused value, and people paste
//! tokens into the wrong place.

use toml::Value;

use super::{
    format::to_toml,
    possible_secret::{may_be_secret, may_be_secret_name},
};

/// The minimum length of a text that is replaced everywhere. A shorter text is replaced only in quotes: if parts of other
/// words were replaced too, a reader could guess the text.
const MIN_REPLACED_LENGTH: usize = 8;

/// Removes from a message those texts of the value that may be secrets. If the key is declared as a secret, removes all parts of
/// the value.
pub(super) fn redact(message: &str, value: &Value, is_secret: bool) -> String {
    let mut texts = Vec::new();
    collect(value, is_secret, &mut texts);
    // The longest text is replaced first, because another text may be a part of it.
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts.iter().filter(|text| !text.is_empty()).fold(message.to_owned(), |message, text| {
        let escaped = format!("{text:?}");
        if text.len() < MIN_REPLACED_LENGTH {
            return message.replace(&escaped, "\"...\"").replace(&format!("`{text}`"), "`...`");
        }
        message.replace(&**text, "...").replace(&escaped[1..escaped.len() - 1], "...")
    })
}

fn collect(value: &Value, is_secret: bool, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            // The text of an environment variable may be a list, and a message may repeat one of its items.
            let parts = text.split(',').map(str::trim).chain([text.as_str()]);
            texts.extend(parts.filter(|part| is_secret || may_be_secret(part)).map(str::to_owned));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, is_secret, texts)),
        Value::Table(table) => table.iter().for_each(|(key, value)| {
            if is_secret || may_be_secret_name(key) {
                texts.push(key.clone());
            }
            collect(value, is_secret, texts);
        }),
        other if is_secret => texts.push(to_toml(other)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possible_secrets_are_redacted() {
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
    fn values_of_secret_keys_are_redacted() {
        assert_eq!(redact("invalid type: integer `7`", &7.into(), true), "invalid type: integer `...`");
        let number = "invalid type: floating point `1234567.0`";
        assert_eq!(redact(number, &1_234_567.0.into(), true), "invalid type: floating point `...`");
        let table = Value::Table([("pass".to_owned(), Value::from("long word"))].into_iter().collect());
        assert_eq!(
            redact("unknown field `pass` with long word", &table, true),
            "unknown field `...` with ..."
        );
        assert_eq!(redact("invalid type: string \"a\"", &"a".into(), true), "invalid type: string \"...\"");
    }

    #[test]
    fn an_item_of_a_list_in_a_text_is_redacted() {
        let list = "acme/web, ghp_0123456789abcdef".into();
        assert_eq!(redact("`ghp_0123456789abcdef` is not a name", &list, false), "`...` is not a name");
        assert_eq!(redact("invalid type: string \"b\"", &"a,b".into(), true), "invalid type: string \"...\"");
    }

    #[test]
    fn a_token_in_place_of_a_name_is_redacted() {
        let table = Value::Table([("ghp_0123456789abcdef".to_owned(), 1.into())].into_iter().collect());
        assert_eq!(redact("unknown field `ghp_0123456789abcdef`", &table, false), "unknown field `...`");
    }
}
