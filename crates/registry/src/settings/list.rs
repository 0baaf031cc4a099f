//! Errors about lists. serde calls a list a sequence; people who write settings write brackets.

/// The message of an error of serde, with the list to write where one is missing.
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
    fn what_is_no_list_says_how_one_is_written_and_other_messages_stay() {
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
