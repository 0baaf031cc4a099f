//! Headers of requests, such as the key of a backend. They are secret.

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, de};
use system_health_http::Redactor;
use system_health_registry::settings::SecretSetting;

use crate::key_values::{KeyValueError, parse_key_values};

/// The headers of every request. `Debug` does not show their values.
pub type RequestHeaders = Vec<(HeaderName, HeaderValue)>;

/// Why headers cannot be sent. The message does not repeat the headers, because they are secret.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The list cannot be read.
    #[error(transparent)]
    List(#[from] KeyValueError),
    /// HTTP does not allow the name.
    #[error("the name of header {0} contains a character that HTTP does not allow")]
    Name(usize),
    /// HTTP does not allow the value.
    #[error("the value of header {0} contains a character that HTTP does not allow")]
    Value(usize),
}

/// Parses headers. Their values are not shown by `Debug`.
pub fn parse_headers(list: &str) -> Result<RequestHeaders, HeaderError> {
    let pairs = parse_key_values(list)?.into_iter().enumerate();
    let header = |(index, (name, value)): (usize, (String, String))| {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::Name(index + 1))?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| HeaderError::Value(index + 1))?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    pairs.map(header).collect()
}

/// A redactor that removes the values of headers from texts, because a receiver may repeat them. The word before a token, such as
/// `Bearer`, is not secret.
#[must_use]
pub fn redactor_for_headers(headers: &[(HeaderName, HeaderValue)]) -> Redactor {
    // `to_str` would leave out values that are not ASCII.
    let values = headers.iter().filter_map(|(_, value)| std::str::from_utf8(value.as_bytes()).ok());
    let tokens = values.flat_map(|value| [value, value.rsplit(' ').next().unwrap_or(value)]);
    Redactor::new(tokens, "[secret]")
}

/// Deserializes headers. The message about invalid headers does not repeat them.
pub fn deserialize_headers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretSetting>, D::Error> {
    let list = SecretSetting::deserialize(deserializer)?;
    parse_headers(list.expose()).map_err(de::Error::custom)?;
    Ok(Some(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_headers_are_redacted() {
        let headers = parse_headers("authorization=Basic%20dTpodW50ZXIy,api-key=schlüssel-22").unwrap();
        let redactor = redactor_for_headers(&headers);

        assert_eq!(
            redactor.redact("Basic dTpodW50ZXIy, dTpodW50ZXIy or schlüssel-22"),
            "[secret], [secret] or [secret]"
        );
    }
}
