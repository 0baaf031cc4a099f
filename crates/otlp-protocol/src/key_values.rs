//! Lists such as `name=value,other=value`, as OpenTelemetry's variables contain them: for
//! [headers](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables) and for
//! [attributes of the resource](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable).

/// Why a list cannot be read. The message does not repeat the list, because it may be secret. Items are numbered from 1, and
/// empty items are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyValueError {
    /// An item has no name or no `=`.
    #[error("item {0} is not `name=value`; write a list such as \"name=value,other=value\"")]
    NoPair(usize),
    /// An item has a `%` that is not followed by two hexadecimal digits, or is not UTF-8.
    #[error("item {0} is not correctly encoded; write `%25` for a percent sign")]
    Encoding(usize),
}

/// The pairs of a list, in their order. Values are percent-decoded, and names are not.
pub fn parse_key_values(list: &str) -> Result<Vec<(String, String)>, KeyValueError> {
    let items = list.split(',').map(str::trim).filter(|item| !item.is_empty()).enumerate();
    let pair = |(index, item): (usize, &str)| {
        let (name, value) = item.split_once('=').ok_or(KeyValueError::NoPair(index + 1))?;
        let name = name.trim();
        if name.is_empty() {
            return Err(KeyValueError::NoPair(index + 1));
        }
        let value = percent_decoded(value.trim()).ok_or(KeyValueError::Encoding(index + 1))?;
        Ok((name.to_owned(), value))
    };
    items.map(pair).collect()
}

/// The pairs of a list of attributes, in their order. Names and values are percent-decoded.
pub fn parse_attributes(list: &str) -> Result<Vec<(String, String)>, KeyValueError> {
    let pairs = parse_key_values(list)?.into_iter().enumerate();
    let with_decoded_name = |(index, (name, value)): (usize, (String, String))| {
        Ok((percent_decoded(&name).ok_or(KeyValueError::Encoding(index + 1))?, value))
    };
    pairs.map(with_decoded_name).collect()
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut decoded = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
        decoded.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_its_values_are_decoded() {
        let pairs = |list| {
            parse_key_values(list).map(|pairs| {
                pairs.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
            })
        };
        assert_eq!(pairs("api-key=abc, a = b=c "), Ok(vec!["api-key: abc".into(), "a: b=c".into()]));
        assert_eq!(pairs("authorization=Basic%20dTpw"), Ok(vec!["authorization: Basic dTpw".into()]));
        assert_eq!(pairs("a=%C3%a9,"), Ok(vec!["a: é".into()]));
        assert_eq!(pairs("a="), Ok(vec!["a: ".into()]));
        assert_eq!(pairs(""), Ok(vec![]));
        for (list, error) in [
            ("abc", KeyValueError::NoPair(1)),
            ("a=b,=c", KeyValueError::NoPair(2)),
            ("a=b,,c", KeyValueError::NoPair(2)),
            ("a=100%", KeyValueError::Encoding(1)),
            ("a=%zz", KeyValueError::Encoding(1)),
            ("a=%+1", KeyValueError::Encoding(1)),
            ("a=%ff", KeyValueError::Encoding(1)),
            ("a=%é", KeyValueError::Encoding(1)),
        ] {
            assert_eq!(pairs(list), Err(error), "{list}");
        }
    }

    #[test]
    fn the_names_of_attributes_are_decoded_and_those_of_headers_are_not() {
        let list = "a%2Cb=c%3Dd";
        assert_eq!(parse_attributes(list), Ok(vec![("a,b".into(), "c=d".into())]));
        assert_eq!(parse_key_values(list), Ok(vec![("a%2Cb".into(), "c=d".into())]));
        assert_eq!(parse_attributes("a=b,,%=c"), Err(KeyValueError::Encoding(2)));
    }
}
