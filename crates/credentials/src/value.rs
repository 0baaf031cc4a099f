//! Parses the value of a token or key. Most tokens and keys are sent in an HTTP header, so values that a header cannot contain
//! are refused here, where their location is known. No message repeats the value.

use secrecy::SecretString;

/// Why a value cannot be used as a token or key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSecret {
    /// It contains only white space.
    #[error("it is empty")]
    Empty,
    /// It is a JSON object instead of the plain value.
    #[error("it is a JSON object instead of the plain value; store only the value of its field")]
    JsonObject,
    /// It is a JSON string or array instead of the plain value.
    #[error("it is a JSON {0} instead of the plain value; store it without quotes and brackets")]
    Json(&'static str),
    /// It is `null`, `true` or `false`.
    #[error("it is the word `{0}`, which is not a token or key; store the plain value")]
    JsonWord(&'static str),
    /// It contains a character that tokens and keys do not contain.
    #[error(
        "it contains white space, a control character or a non-ASCII character, which tokens and keys do not contain"
    )]
    Character,
    /// It should have this field, but is not a JSON object.
    #[error("it is not a JSON object, so it has no field `{0}`")]
    NoFields(String),
    /// It is a JSON object without this field.
    #[error("it has no field `{0}`")]
    NoSuchField(String),
    /// The value of this field is not a string.
    #[error("its field `{0}` is not a string")]
    NotAString(String),
}

/// Parses a value, and trims white space around it.
pub(crate) fn parse_secret(value: &[u8], allows_lines: bool) -> Result<SecretString, InvalidSecret> {
    let value = value.trim_ascii();
    if value.is_empty() {
        return Err(InvalidSecret::Empty);
    }
    if value.starts_with(b"{") && value.ends_with(b"}") {
        return Err(InvalidSecret::JsonObject);
    }
    if value.starts_with(b"\"") && value.ends_with(b"\"") {
        return Err(InvalidSecret::Json("string"));
    }
    if value.starts_with(b"[") && value.ends_with(b"]") {
        return Err(InvalidSecret::Json("array"));
    }
    if let Some(word) = ["null", "true", "false"].into_iter().find(|word| word.as_bytes() == value) {
        return Err(InvalidSecret::JsonWord(word));
    }
    match str::from_utf8(value) {
        Ok(text) if value.iter().all(|byte| is_allowed(*byte, allows_lines)) => Ok(text.into()),
        _ => Err(InvalidSecret::Character),
    }
}

fn is_allowed(byte: u8, allows_lines: bool) -> bool {
    byte.is_ascii_graphic() || (allows_lines && matches!(byte, b' ' | b'\n' | b'\r'))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn exposed(value: Result<SecretString, InvalidSecret>) -> Result<String, InvalidSecret> {
        value.map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn white_space_around_a_value_is_trimmed() {
        assert_eq!(exposed(parse_secret(b" \tghp_abc\r\n", false)), Ok("ghp_abc".to_owned()));
    }

    #[test]
    fn values_that_are_not_tokens_or_keys_are_refused() {
        let cases: [(&[u8], InvalidSecret); 13] = [
            (b"null\n", InvalidSecret::JsonWord("null")),
            (b"true", InvalidSecret::JsonWord("true")),
            (b" false", InvalidSecret::JsonWord("false")),
            (br#""ghp_abc""#, InvalidSecret::Json("string")),
            (b" \"ghp_abc\"\n", InvalidSecret::Json("string")),
            (br#"["ghp_abc"]"#, InvalidSecret::Json("array")),
            (b"[\n]", InvalidSecret::Json("array")),
            (b" \n", InvalidSecret::Empty),
            (br#"{"token": "ghp_abc"}"#, InvalidSecret::JsonObject),
            (b"ghp_abc\nghp_def", InvalidSecret::Character),
            (b"ghp_\x00abc", InvalidSecret::Character),
            ("\u{feff}ghp_abc".as_bytes(), InvalidSecret::Character),
            (b"ghp_\xff", InvalidSecret::Character),
        ];
        for (value, invalid) in cases {
            assert_eq!(exposed(parse_secret(value, false)), Err(invalid), "{value:?}");
        }
    }

    #[test]
    fn line_breaks_are_refused_unless_the_secret_may_have_several_lines() {
        let pem = b"-----BEGIN RSA PRIVATE KEY-----\r\nMIIE\n-----END RSA PRIVATE KEY-----\n";
        assert_eq!(exposed(parse_secret(pem, false)), Err(InvalidSecret::Character));
        let expected = String::from_utf8(pem.trim_ascii().to_vec()).unwrap();
        assert_eq!(exposed(parse_secret(pem, true)), Ok(expected));
        assert_eq!(exposed(parse_secret(b"a\tb", true)), Err(InvalidSecret::Character));
    }
}
