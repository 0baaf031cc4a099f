//! Error messages about numbers and booleans. serde names types of Rust, such as `u8`. The message for people names the
//! possible values.

/// The types that serde expects, and their descriptions for people.
const EXPECTED: [(&str, &str); 18] = [
    ("u8", "a whole number from 0 to 255"),
    ("u16", "a whole number from 0 to 65535"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number of at least 0"),
    ("usize", "a whole number of at least 0"),
    ("i8", "a whole number from -128 to 127"),
    ("i16", "a whole number from -32768 to 32767"),
    ("i32", "a whole number from -2147483648 to 2147483647"),
    ("i64", "a whole number"),
    ("isize", "a whole number"),
    ("f32", "a number"),
    ("f64", "a number"),
    ("a boolean", "`true` or `false`"),
    ("a nonzero u8", "a whole number from 1 to 255"),
    ("a nonzero u16", "a whole number from 1 to 65535"),
    ("a nonzero u32", "a whole number from 1 to 4294967295"),
    ("a nonzero u64", "a whole number of at least 1"),
    ("a nonzero usize", "a whole number of at least 1"),
];

/// Rewrites a message of serde about a number or a boolean: names the possible values instead of the type. Other messages stay
/// the same.
pub(super) fn with_range(message: &str) -> String {
    let plain = || {
        let (found, expected) = message.rsplit_once(", expected ")?;
        let found = found.strip_prefix("invalid type: ").or_else(|| found.strip_prefix("invalid value: "))?;
        let (_, range) = EXPECTED.iter().find(|(name, _)| *name == expected)?;
        let range = if *range == "a number" && is_infinite_or_nan(found) { "a finite number" } else { range };
        Some(format!("{found} is not {range}"))
    };
    plain().unwrap_or_else(|| message.to_owned())
}

/// Whether serde found an infinite number or NaN, such as in "floating point `inf`" or "string \"NaN\"".
fn is_infinite_or_nan(found: &str) -> bool {
    let value = found.split(['`', '"']).nth(1).and_then(|text| text.parse::<f64>().ok());
    value.is_some_and(|value| !value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_numbers_name_the_range() {
        for (message, plain) in [
            (
                "invalid type: string \"many\", expected a nonzero u32",
                "string \"many\" is not a whole number from 1 to 4294967295",
            ),
            (
                "invalid value: integer `-1`, expected usize",
                "integer `-1` is not a whole number of at least 0",
            ),
            (
                "invalid type: string \", expected u8\", expected f64",
                "string \", expected u8\" is not a number",
            ),
            (
                "invalid value: floating point `inf`, expected f32",
                "floating point `inf` is not a finite number",
            ),
            ("invalid type: integer `5`, expected a string", "invalid type: integer `5`, expected a string"),
            ("unknown field `u8`", "unknown field `u8`"),
        ] {
            assert_eq!(with_range(message), plain);
        }
    }
}
