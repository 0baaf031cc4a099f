//! The check of a key, before the generated client sees it: that panics on a key which no HTTP
//! header can hold.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::{API_KEY, APP_KEY};

/// Which of Datadog's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Names the organization. It is all that the intake asks for.
    Api,
    /// Stands for a person or a service account, with rights of its own.
    Application,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Api => "API key",
            Self::Application => "application key",
        })
    }
}

impl Key {
    fn variable(self) -> &'static str {
        match self {
            Self::Api => API_KEY.usual_variable(),
            Self::Application => APP_KEY.usual_variable(),
        }
    }
}

/// Why a text is not a key. It never contains the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is nothing.
    #[error("the Datadog {0} is empty; set {variable} to a key of your organization", variable = .0.variable())]
    Empty(Key),
    /// There is more than a key.
    #[error(
        "the Datadog {0} contains a space, a line break or another character that no key has; \
         check that {variable} holds the key alone",
        variable = .0.variable()
    )]
    Characters(Key),
}

/// The key without white space around it.
pub(crate) fn checked(which: Key, key: &SecretString) -> Result<&str, KeyError> {
    let key = key.expose_secret().trim();
    if key.is_empty() {
        Err(KeyError::Empty(which))
    } else if key.chars().all(|character| character.is_ascii_graphic()) {
        Ok(key)
    } else {
        Err(KeyError::Characters(which))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_key_is_no_part_of_it() {
        let key = SecretString::from(" 0123456789abcdef\r\n");
        assert_eq!(checked(Key::Api, &key), Ok("0123456789abcdef"));
    }

    #[test]
    fn what_no_header_can_hold_is_refused() {
        let checked = |text: &str| checked(Key::Application, &SecretString::from(text)).map(str::to_owned);
        assert_eq!(checked(" \n"), Err(KeyError::Empty(Key::Application)));
        for text in ["two keys", "one\ntwo", "ключ", "nul\0"] {
            assert_eq!(checked(text), Err(KeyError::Characters(Key::Application)), "{text:?}");
        }
        assert_eq!(
            KeyError::Empty(Key::Application).to_string(),
            "the Datadog application key is empty; set DD_APP_KEY to a key of your organization"
        );
    }
}
