//! Datadog's two kinds of keys. They are checked before the generated client gets them, because it panics on a key that is
//! not a valid header value.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{API_KEY, APP_KEY};

/// Header with the API key.
pub(crate) const API_KEY_HEADER: &str = "DD-API-KEY";
/// Header with the application key.
pub(super) const APP_KEY_HEADER: &str = "DD-APPLICATION-KEY";

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatadogKey {
    /// Identifies the organization. Deliveries need only this key.
    Api,
    /// Identifies a person or a service account, with their permissions.
    Application,
}

impl fmt::Display for DatadogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Api => "API key",
            Self::Application => "application key",
        })
    }
}

impl DatadogKey {
    fn variable(self) -> &'static str {
        match self {
            Self::Api => API_KEY.usual_variable(),
            Self::Application => APP_KEY.usual_variable(),
        }
    }
}

/// Why a text is not a key. The text is never quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatadogKeyError {
    /// The text is empty.
    #[error("the Datadog {0} is empty; set {variable} to a key of your organization", variable = .0.variable())]
    Empty(DatadogKey),
    /// The text contains a character that keys do not have.
    #[error(
        "the Datadog {0} contains a space, a line break or another character that keys do not have; \
         check that {variable} contains only the key",
        variable = .0.variable()
    )]
    Characters(DatadogKey),
}

/// Checks a key. Surrounding white space is removed.
pub(crate) fn checked_key(which: DatadogKey, key: &SecretString) -> Result<&str, DatadogKeyError> {
    let key = key.expose_secret().trim();
    if key.is_empty() {
        Err(DatadogKeyError::Empty(which))
    } else if key.chars().all(|character| character.is_ascii_graphic()) {
        Ok(key)
    } else {
        Err(DatadogKeyError::Characters(which))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_key_is_removed() {
        let key = SecretString::from(" 0123456789abcdef\r\n");
        assert_eq!(checked_key(DatadogKey::Api, &key), Ok("0123456789abcdef"));
    }

    #[test]
    fn invalid_header_values_are_refused() {
        let checked =
            |text: &str| checked_key(DatadogKey::Application, &SecretString::from(text)).map(str::to_owned);
        assert_eq!(checked(" \n"), Err(DatadogKeyError::Empty(DatadogKey::Application)));
        for text in ["two keys", "one\ntwo", "ключ", "nul\0"] {
            assert_eq!(checked(text), Err(DatadogKeyError::Characters(DatadogKey::Application)), "{text:?}");
        }
        assert_eq!(
            DatadogKeyError::Empty(DatadogKey::Application).to_string(),
            "the Datadog application key is empty; set DD_APP_KEY to a key of your organization"
        );
    }
}
