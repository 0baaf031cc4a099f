//! Keys are sent to Datadog as metric names. Datadog rewrites names that break its rules, so two keys could become one
//! metric. Therefore a key that Datadog would rewrite is refused.
//! Rules: <https://docs.datadoghq.com/metrics/custom_metrics/#naming-custom-metrics>.

/// The maximum length of a key, in characters.
pub const MAX_KEY_LENGTH: usize = 200;

/// Why a key was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is the empty string.
    #[error("a key must not be empty; write a key such as \"commits.hotfix\"")]
    Empty,
    /// The key starts with something other than an ASCII letter.
    #[error("key `{key}` must start with an ASCII letter, not with `{found}`")]
    Start {
        /// The refused key.
        key: String,
        /// Its first character.
        found: char,
    },
    /// The key contains a character that Datadog would replace.
    #[error("key `{key}` contains `{found}`; only ASCII letters, digits, `_` and `.` are allowed")]
    Character {
        /// The refused key.
        key: String,
        /// The first character that is not allowed.
        found: char,
    },
    /// The key is longer than [`MAX_KEY_LENGTH`].
    #[error("a key may have at most {MAX_KEY_LENGTH} characters, this one has {length}")]
    Length {
        /// The number of characters.
        length: usize,
    },
}

/// Accepts a key that Datadog stores unchanged: ASCII letters, digits, `_` and `.`, starting with a letter, at most 200
/// characters.
pub fn check_key(key: &str) -> Result<(), KeyError> {
    let first = key.chars().next().ok_or(KeyError::Empty)?;
    if !first.is_ascii_alphabetic() {
        return Err(KeyError::Start { key: key.to_owned(), found: first });
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if let Some(found) = key.chars().find(|c| !allowed(*c)) {
        return Err(KeyError::Character { key: key.to_owned(), found });
    }
    if key.len() > MAX_KEY_LENGTH {
        return Err(KeyError::Length { length: key.len() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_datadog_stores_unchanged_is_accepted() {
        for key in ["a", "commits.hotfix", "ci.tests_passing_on_main", "Z9.x_", &"k".repeat(200)] {
            assert_eq!(check_key(key), Ok(()), "{key}");
        }
    }

    #[test]
    fn a_key_that_datadog_would_rewrite_is_refused() {
        let message = |key: &str| check_key(key).unwrap_err().to_string();
        assert_eq!(message(""), "a key must not be empty; write a key such as \"commits.hotfix\"");
        assert_eq!(message("9a"), "key `9a` must start with an ASCII letter, not with `9`");
        assert_eq!(message("éa"), "key `éa` must start with an ASCII letter, not with `é`");
        for (key, found) in [("a-b", "`-`"), ("a b", "` `"), ("a.é", "`é`"), ("a\n", "`\n`")] {
            assert!(message(key).contains(found), "{key}");
        }
        assert!(message(&"k".repeat(201)).ends_with("this one has 201"));
    }
}
