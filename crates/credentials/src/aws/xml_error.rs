//! An error response in XML. AWS's older protocols use XML, and emulators and gateways send it in place of JSON.

/// The code and the message of an error response in XML. Any other body has neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct XmlError<'a> {
    /// AWS's error code.
    pub(super) code: Option<&'a str>,
    /// AWS's message.
    pub(super) message: Option<String>,
}

impl<'a> XmlError<'a> {
    /// Reads `<Error><Code>…</Code><Message>…</Message></Error>`, which may be anywhere in the body.
    pub(super) fn parse(body: &'a [u8]) -> Self {
        let body = std::str::from_utf8(body).unwrap_or_default();
        let error = element(body, "Error").unwrap_or_default();
        Self { code: element(error, "Code"), message: element(error, "Message").map(decoded) }
    }
}

/// The text of the first element that has this name and no attributes.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.trim())
}

/// Replaces references such as `&lt;` by their characters (<https://www.w3.org/TR/xml/#sec-references>). Unknown references
/// stay as they are.
fn decoded(text: &str) -> String {
    let mut parts = text.split('&');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let reference = part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        let (character, rest) = reference.unwrap_or(('&', part));
        decoded.push(character);
        decoded.push_str(rest);
    }
    decoded
}

/// The character that a reference names.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_and_the_message_are_those_of_the_error() {
        let body = "<?xml version='1.0'?><ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message> no </Message></Error>\
                    </Errors><RequestId>1</RequestId></ErrorResponse>";
        let error = XmlError { code: Some("AccessDenied"), message: Some("no".to_owned()) };
        assert_eq!(XmlError::parse(body.as_bytes()), error);
    }

    #[test]
    fn references_to_characters_are_decoded() {
        for (text, expected) in [
            ("a &lt;b&gt; &quot;c&quot; &apos;d&apos;", "a <b> \"c\" 'd'"),
            ("&amp;lt; &#39; &#x27; &#8364;", "&lt; ' ' €"),
            ("a & b; &nbsp; &#xd800; &#; &lt", "a & b; &nbsp; &#xd800; &#; &lt"),
            ("", ""),
        ] {
            let body = format!("<Error><Message>{text}</Message></Error>");
            assert_eq!(XmlError::parse(body.as_bytes()).message.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_body_without_a_complete_error_has_neither_code_nor_message() {
        for body in [&b"<html><Code>AccessDenied</Code></html>"[..], b"{}", b"<Error><Code>", b"\xff", b""] {
            assert_eq!(XmlError::parse(body), XmlError { code: None, message: None });
        }
    }
}
