//! Describes an error as backends of traces expect it: its type, its text and its causes.

use std::{
    error::Error,
    fmt::{self, Write},
};

use system_health_registry::trace::SpanError;

use super::limits::{MAX_ERROR_BYTES, cut};

/// The type of an error whose type is not known.
pub(super) const UNKNOWN_TYPE: &str = "Error";
/// After this many bytes, no more of the output of `Debug` is read. The type is at the start, and the rest may be long.
const MAX_DEBUG_BYTES: usize = 64;

/// Describes an error with its causes. `clean` removes secrets from a text.
pub(super) fn describe(error: &(dyn Error + 'static), clean: impl Fn(&str) -> String) -> SpanError {
    let mut previous = error.to_string();
    let mut message = clean(&previous);
    let mut stack = message.clone();
    let mut cause = error.source();
    while let Some(error) = cause
        && stack.len() < MAX_ERROR_BYTES
    {
        let text = error.to_string();
        let cleaned = clean(&text);
        // Many errors already end with the text of their cause.
        if !previous.ends_with(&text) {
            message = message + ": " + &cleaned;
        }
        stack = stack + "\ncaused by: " + &cleaned;
        previous = text;
        cause = error.source();
    }
    SpanError {
        kind: type_name(error),
        message: cut(&message, MAX_ERROR_BYTES).to_owned(),
        stack: cut(&stack, MAX_ERROR_BYTES).to_owned(),
    }
}

/// Describes an error of which only the text is known.
pub(super) fn describe_text(text: &str) -> SpanError {
    let text = cut(text, MAX_ERROR_BYTES).to_owned();
    SpanError { kind: UNKNOWN_TYPE.to_owned(), message: text.clone(), stack: text }
}

/// The name at the start of what `Debug` writes: with a derived `Debug`, it is the name of the type or of its variant. The rest
/// is not used, because fields may contain secrets. [`UNKNOWN_TYPE`] if there is no name.
fn type_name(error: &(dyn Error + 'static)) -> String {
    let mut start = Start(String::new());
    // The writer fails on purpose when it has read enough.
    let _ = write!(start, "{error:?}");
    let name: String = start.0.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let rest = &start.0[name.len()..];
    let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
        && (rest.is_empty() || rest.starts_with('(') || rest.starts_with(" {"));
    if is_type { name } else { UNKNOWN_TYPE.to_owned() }
}

/// Keeps only the start of a text.
struct Start(String);

impl Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(cut(text, MAX_DEBUG_BYTES));
        if self.0.len() > MAX_DEBUG_BYTES { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use system_health_registry::SharedError;

    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "only Debug reads the field")]
    struct LoginRefused {
        token: &'static str,
    }

    impl fmt::Display for LoginRefused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the login was refused")
        }
    }

    impl Error for LoginRefused {}

    #[derive(Debug)]
    struct Outer(LoginRefused);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot list commits")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn an_error_has_its_type_and_its_causes_but_no_fields() {
        let error = describe(&Outer(LoginRefused { token: "hunter22" }), str::to_owned);
        assert_eq!(error.kind, "Outer");
        assert_eq!(error.message, "cannot list commits: the login was refused");
        assert_eq!(error.stack, "cannot list commits\ncaused by: the login was refused");
        assert_eq!(describe(&LoginRefused { token: "hunter22" }, str::to_owned).kind, "LoginRefused");
    }

    #[test]
    fn the_type_of_an_error_that_is_only_a_text_is_unknown() {
        assert_eq!(describe(SharedError::new("Broken").as_error(), str::to_owned).kind, UNKNOWN_TYPE);
    }

    #[test]
    fn the_type_ends_before_the_fields() {
        assert_eq!(describe(&io::Error::other("a (b)"), str::to_owned).kind, "Custom");
    }
}
