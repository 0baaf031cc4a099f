//! A field of a secret whose value is a JSON object. The AWS console stores key/value pairs as such an object.

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{InvalidSecret, value::parse_secret};

/// Parses a field of a JSON object, and trims white space around its text.
pub(super) fn parse_field(
    object: &[u8],
    name: &str,
    allows_lines: bool,
) -> Result<SecretString, InvalidSecret> {
    let fields: Map<String, Value> =
        serde_json::from_slice(object).map_err(|_| InvalidSecret::NoFields(name.to_owned()))?;
    let value = fields.get(name).ok_or_else(|| InvalidSecret::NoSuchField(name.to_owned()))?;
    let text = value.as_str().ok_or_else(|| InvalidSecret::NotAString(name.to_owned()))?;
    parse_secret(text.as_bytes(), allows_lines)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn exposed(value: Result<SecretString, InvalidSecret>) -> Result<String, InvalidSecret> {
        value.map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn a_text_in_an_object_is_parsed_and_other_fields_are_refused() {
        let object = br#"{"token": " ghp_abc ", "id": 7}"#;
        assert_eq!(exposed(parse_field(object, "token", false)), Ok("ghp_abc".to_owned()));
        assert_eq!(
            exposed(parse_field(object, "key", false)),
            Err(InvalidSecret::NoSuchField("key".to_owned()))
        );
        assert_eq!(
            exposed(parse_field(object, "id", false)),
            Err(InvalidSecret::NotAString("id".to_owned()))
        );
        assert_eq!(
            exposed(parse_field(b"ghp_abc", "token", false)),
            Err(InvalidSecret::NoFields("token".to_owned()))
        );
    }
}
