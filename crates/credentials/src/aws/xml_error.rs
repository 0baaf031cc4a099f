//! An error response in XML. AWS's older protocols use XML, and emulators and gateways send it in place of JSON.

/// The code and the message of an error response in XML. Any other body has neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct XmlError<'a> {
    /// AWS's error code.
    pub(super) code: Option<&'a str>,
    /// AWS's message.
    pub(super) message: Option<&'a str>,
}

impl<'a> XmlError<'a> {
    /// Reads `<Error><Code>…</Code><Message>…</Message></Error>`, which may be anywhere in the body.
    pub(super) fn parse(body: &'a [u8]) -> Self {
        let body = std::str::from_utf8(body).unwrap_or_default();
        let error = element(body, "Error").unwrap_or_default();
        Self { code: element(error, "Code"), message: element(error, "Message") }
    }
}

/// The text of the first element with a name that has no attributes.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_and_the_message_are_those_of_the_error() {
        let body = "<?xml version='1.0'?><ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message> no </Message></Error>\
                    </Errors><RequestId>1</RequestId></ErrorResponse>";
        let error = XmlError { code: Some("AccessDenied"), message: Some("no") };
        assert_eq!(XmlError::parse(body.as_bytes()), error);
    }

    #[test]
    fn a_body_without_a_complete_error_has_neither_code_nor_message() {
        for body in [&b"<html><Code>AccessDenied</Code></html>"[..], b"{}", b"<Error><Code>", b"\xff", b""] {
            assert_eq!(XmlError::parse(body), XmlError { code: None, message: None });
        }
    }
}
