//! What may be used as a token or key. It goes into an HTTP header, so whatever a header cannot carry
//! is refused here, where the place it came from is still known. No message repeats the value.

use secrecy::SecretString;

/// Why a value cannot be used as a token or key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// There is nothing but white space.
    #[error("it is empty")]
    Empty,
    /// A whole JSON object where the plain value belongs.
    #[error("it is a JSON object, where the plain value belongs; store the value of its field alone")]
    JsonObject,
    /// A JSON string or array: the value with JSON's quotes or brackets around it.
    #[error("it is a JSON {0}, where the plain value belongs; store it without quotes and brackets")]
    Json(&'static str),
    /// JSON's word for nothing, for true or for false.
    #[error("it is the word `{0}`, which is no token or key; store the plain value")]
    JsonWord(&'static str),
    /// Something that is in no token or key.
    #[error(
        "it contains white space, a control character or a character outside ASCII, which no token or key does"
    )]
    Character,
    /// A field was named, but there are none.
    #[error("it is no JSON object, so it has no field `{0}`")]
    NoFields(String),
    /// A field was named that there is not.
    #[error("it has no field `{0}`")]
    NoSuchField(String),
    /// A field was named that is no text.
    #[error("its field `{0}` is no text")]
    NoText(String),
}

/// Takes a value without the white space around it.
pub(crate) fn plain(value: &[u8]) -> Result<SecretString, Flaw> {
    let value = value.trim_ascii();
    if value.is_empty() {
        return Err(Flaw::Empty);
    }
    if value.starts_with(b"{") && value.ends_with(b"}") {
        return Err(Flaw::JsonObject);
    }
    if value.starts_with(b"\"") && value.ends_with(b"\"") {
        return Err(Flaw::Json("string"));
    }
    if value.starts_with(b"[") && value.ends_with(b"]") {
        return Err(Flaw::Json("array"));
    }
    if let Some(word) = ["null", "true", "false"].into_iter().find(|word| word.as_bytes() == value) {
        return Err(Flaw::JsonWord(word));
    }
    match str::from_utf8(value) {
        Ok(text) if value.iter().all(u8::is_ascii_graphic) => Ok(text.into()),
        _ => Err(Flaw::Character),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn exposed(value: Result<SecretString, Flaw>) -> Result<String, Flaw> {
        value.map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn white_space_around_a_value_is_trimmed() {
        assert_eq!(exposed(plain(b" \tghp_abc\r\n")), Ok("ghp_abc".to_owned()));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let cases: [(&[u8], Flaw); 13] = [
            (b"null\n", Flaw::JsonWord("null")),
            (b"true", Flaw::JsonWord("true")),
            (b" false", Flaw::JsonWord("false")),
            (br#""ghp_abc""#, Flaw::Json("string")),
            (b" \"ghp_abc\"\n", Flaw::Json("string")),
            (br#"["ghp_abc"]"#, Flaw::Json("array")),
            (b"[\n]", Flaw::Json("array")),
            (b" \n", Flaw::Empty),
            (br#"{"token": "ghp_abc"}"#, Flaw::JsonObject),
            (b"ghp_abc\nghp_def", Flaw::Character),
            (b"ghp_\x00abc", Flaw::Character),
            ("\u{feff}ghp_abc".as_bytes(), Flaw::Character),
            (b"ghp_\xff", Flaw::Character),
        ];
        for (value, flaw) in cases {
            assert_eq!(exposed(plain(value)), Err(flaw), "{value:?}");
        }
    }
}
