//! Error messages about lists. serde says that it expects a sequence. The message for people shows the syntax of a list.

/// Rewrites a message of serde about a missing sequence: shows how to write a list. Other messages stay the same.
pub(super) fn with_brackets(message: &str) -> String {
    let plain = || {
        let found = message.strip_prefix("invalid type: ")?.strip_suffix(", expected a sequence")?;
        Some(match found.strip_prefix("string ") {
            Some(text) => format!("this must be a list; write [{text}]"),
            None => format!("{found} is not a list; write one such as [\"a\", \"b\"]"),
        })
    };
    plain().unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_about_a_missing_list_shows_its_syntax() {
        for (message, plain) in [
            ("invalid type: string \"a\", expected a sequence", "this must be a list; write [\"a\"]"),
            (
                "invalid type: integer `3`, expected a sequence",
                "integer `3` is not a list; write one such as [\"a\", \"b\"]",
            ),
            ("invalid type: sequence, expected a string", "invalid type: sequence, expected a string"),
        ] {
            assert_eq!(with_brackets(message), plain);
        }
    }
}
