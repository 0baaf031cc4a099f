//! Makes messages of AWS and its SDK safe to print: shortens them, and removes the parts that may contain secrets.

use std::{error::Error, iter};

use system_health_http::has_unknown_authority;

use crate::AwsMessage;

const MAX_LENGTH: usize = 400;
const UNKNOWN_AUTHORITY: &str = "the server's certificate is not from a known authority; if the authority is private, or a \
     proxy inspects TLS, name a file with the authority's certificate in AWS_CA_BUNDLE or SSL_CERT_FILE";
/// The message if nothing remains of the root cause.
const NO_REASON: &str = "the AWS SDK gives no reason";

impl AwsMessage {
    /// A message from AWS. Only its first line is kept. If the signature of a request is wrong, the other lines repeat the
    /// request's headers, which contain the session token.
    pub(super) fn new(text: &str) -> Self {
        let line = text.trim().lines().next().unwrap_or_default();
        // A program that provides credentials may fail without a message on stderr.
        let line = line.strip_suffix(". Stderr:").unwrap_or(line);
        Self(line.chars().filter(|character| !character.is_control()).take(MAX_LENGTH).collect())
    }

    /// The root cause of an error of the SDK. The errors above it only name parts of the SDK, and some repeat a whole
    /// request.
    ///
    /// The root cause may end with the debug output of a response. The debug output is removed, because a response of a
    /// metadata service is secret.
    pub(super) fn root_of(error: &(dyn Error + 'static)) -> Self {
        if has_unknown_authority(error) {
            return Self::new(UNKNOWN_AUTHORITY);
        }
        let root = iter::successors(Some(error), |&error| error.source()).last().unwrap_or(error).to_string();
        let message = match root.split_once(" {") {
            None => Self::new(&root),
            Some((before, _)) => {
                // The word before the brace is the name of the type.
                let words = before.rsplit_once(' ').map_or("", |(words, _)| words);
                Self::new(words.trim_end_matches(['.', ':', ' ']))
            }
        };
        if message.0.is_empty() { Self(NO_REASON.to_owned()) } else { message }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_request_is_removed() {
        let text = "The signature does not match.\n\nThe Canonical String was\nx-amz-security-token:abc";
        assert_eq!(AwsMessage::new(text).as_str(), "The signature does not match.");
    }

    #[test]
    fn a_quoted_response_is_removed() {
        let words = |text: &str| AwsMessage::root_of(&*Box::<dyn Error>::from(text)).to_string();
        let dump = "error response from IMDS (code: 500). Response { status: 500, body: b\"SECRET\" }";
        assert_eq!(words(dump), "error response from IMDS (code: 500)");
        assert_eq!(words("Response { body: b\"SECRET\" }"), NO_REASON);
        assert_eq!(words("profile `a` was not defined"), "profile `a` was not defined");
    }

    #[test]
    fn a_label_without_text_is_removed() {
        let words = |text: &str| AwsMessage::root_of(&*Box::<dyn Error>::from(text)).to_string();
        assert_eq!(words("process exited with code 1. Stderr: "), "process exited with code 1");
        assert_eq!(words("process exited with code 1. Stderr: no"), "process exited with code 1. Stderr: no");
    }

    #[test]
    fn control_characters_are_removed() {
        assert_eq!(AwsMessage::new("no \u{1b}[31maccess").as_str(), "no [31maccess");
    }
}
