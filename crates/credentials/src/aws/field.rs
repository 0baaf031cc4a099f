//! A field of a JSON object: the AWS console stores key/value pairs as one.

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{Flaw, plain::plain};

/// Takes a field of a JSON object, without the white space around its text.
pub(super) fn field(object: &[u8], name: &str) -> Result<SecretString, Flaw> {
    let fields: Map<String, Value> =
        serde_json::from_slice(object).map_err(|_| Flaw::NoFields(name.to_owned()))?;
    let value = fields.get(name).ok_or_else(|| Flaw::NoSuchField(name.to_owned()))?;
    plain(value.as_str().ok_or_else(|| Flaw::NoText(name.to_owned()))?.as_bytes())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn exposed(value: Result<SecretString, Flaw>) -> Result<String, Flaw> {
        value.map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn a_field_is_taken_out_of_its_object() {
        let object = br#"{"token": " ghp_abc ", "id": 7}"#;
        assert_eq!(exposed(field(object, "token")), Ok("ghp_abc".to_owned()));
        assert_eq!(exposed(field(object, "key")), Err(Flaw::NoSuchField("key".to_owned())));
        assert_eq!(exposed(field(object, "id")), Err(Flaw::NoText("id".to_owned())));
        assert_eq!(exposed(field(b"ghp_abc", "token")), Err(Flaw::NoFields("token".to_owned())));
    }
}
