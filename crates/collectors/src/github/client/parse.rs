//! Parses the body of a response. An error says where the body is not as GitHub documents it.

use serde::de::DeserializeOwned;

use super::{cause::Cause, session::Session};

/// Maximum number of characters of a response that is not JSON, in messages.
const MAX_SHOWN: usize = 80;
/// Maximum number of bytes of such a response that are searched for the token.
const MAX_REDACTED: usize = 4096;

impl Session {
    /// Parses a body of JSON.
    pub(super) fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Cause> {
        let not_json = |source| self.not_json(body, source);
        let mut json = serde_json::Deserializer::from_slice(body);
        let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let at = error.path().to_string();
            let source = error.into_inner();
            if source.is_data() { Cause::Shape { at, source } } else { not_json(source) }
        })?;
        json.end().map_err(not_json)?;
        Ok(parsed)
    }

    fn not_json(&self, body: &[u8], source: serde_json::Error) -> Cause {
        // The token is removed before the text is cut, because a part of the token is secret, too.
        let text = self.redact(&String::from_utf8_lossy(&body[..body.len().min(MAX_REDACTED)]));
        Cause::NotJson {
            start: text.chars().take(MAX_SHOWN).collect::<String>().escape_debug().to_string(),
            source,
        }
    }
}
