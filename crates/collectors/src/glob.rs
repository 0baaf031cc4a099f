//! Compiles globs of the settings.

use globset::{GlobBuilder, GlobMatcher};

/// Maximum length of a pattern, in bytes. In a longer pattern, 125 braces could be nested with text between them, and `globset`
/// would panic.
const MAX_LENGTH: usize = 300;

/// A pattern that is not a valid glob.
#[derive(Debug)]
pub(crate) struct InvalidGlob {
    /// The pattern, or its start if it is too long.
    pub(crate) pattern: String,
    /// What is wrong with it.
    pub(crate) reason: String,
}

/// Compiles a glob. A backslash escapes the next character on every operating system.
pub(crate) fn compile_glob(pattern: &str) -> Result<GlobMatcher, InvalidGlob> {
    if pattern.len() > MAX_LENGTH {
        let reason = format!("it is longer than {MAX_LENGTH} bytes");
        return Err(InvalidGlob { pattern: pattern.chars().take(40).chain(['…']).collect(), reason });
    }
    match GlobBuilder::new(pattern).backslash_escape(true).build() {
        Ok(glob) => Ok(glob.compile_matcher()),
        Err(error) => Err(InvalidGlob { pattern: pattern.to_owned(), reason: error.kind().to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_is_too_long_is_refused() {
        let nested = |levels| format!("{}v{}", "{a".repeat(levels), "}".repeat(levels));
        let invalid = compile_glob(&nested(130)).unwrap_err();
        assert_eq!(invalid.pattern, format!("{}…", "{a".repeat(20)));
        assert_eq!(invalid.reason, "it is longer than 300 bytes");
        assert!(compile_glob(&nested(99)).unwrap().is_match(format!("{}v", "a".repeat(99))));
    }
}
