//! The check of the API key, before the generated client sees it: that panics on a key which no HTTP
//! header can hold.

use secrecy::{ExposeSecret, SecretString};

/// Why a text is no API key. It never contains the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is nothing.
    #[error("the Datadog API key is empty; set DD_API_KEY to a key of your organization")]
    Empty,
    /// There is more than a key.
    #[error(
        "the Datadog API key contains a space, a line break or another character that no key has; \
         check that DD_API_KEY holds the key alone"
    )]
    Characters,
}

/// The key without white space around it.
pub(crate) fn checked(key: &SecretString) -> Result<&str, KeyError> {
    let key = key.expose_secret().trim();
    if key.is_empty() {
        Err(KeyError::Empty)
    } else if key.chars().all(|character| character.is_ascii_graphic()) {
        Ok(key)
    } else {
        Err(KeyError::Characters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_key_is_no_part_of_it() {
        let key = SecretString::from(" 0123456789abcdef\r\n");
        assert_eq!(checked(&key), Ok("0123456789abcdef"));
    }

    #[test]
    fn what_no_header_can_hold_is_refused() {
        assert_eq!(checked(&SecretString::from(" \n")), Err(KeyError::Empty));
        for text in ["two keys", "one\ntwo", "ключ", "nul\0"] {
            assert_eq!(checked(&SecretString::from(text)), Err(KeyError::Characters), "{text:?}");
        }
    }
}
