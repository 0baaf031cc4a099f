//! How AWS's words become fit to be printed: cut, and without what may be secret.

use std::{error::Error, iter};

use system_health_http::has_unknown_authority;

use crate::AwsWords;

const LONGEST: usize = 400;
const UNKNOWN_AUTHORITY: &str = "the server's certificate is not from a known authority; if it is a private one, or a \
     proxy inspects TLS, name a file with the authority's certificate in AWS_CA_BUNDLE or SSL_CERT_FILE";

impl AwsWords {
    /// A text from AWS. Only its first line is kept: for a wrong signature, the lines below repeat the
    /// request's headers, and the session token is one of them.
    pub(super) fn new(text: &str) -> Self {
        let line = text.trim().lines().next().unwrap_or_default();
        // A program that gives credentials may fail without a word.
        let line = line.strip_suffix(". Stderr:").unwrap_or(line);
        Self(line.chars().filter(|character| !character.is_control()).take(LONGEST).collect())
    }

    /// The root cause of an error of the SDK. The layers above it only name the SDK's parts, and some
    /// repeat a whole request.
    ///
    /// The root itself may end with a whole answer in Rust's notation, and what a metadata service
    /// answers is secret: nothing from the first word of such a value on is kept.
    pub(super) fn root_of(error: &(dyn Error + 'static)) -> Self {
        if has_unknown_authority(error) {
            return Self::new(UNKNOWN_AUTHORITY);
        }
        let root = iter::successors(Some(error), |&error| error.source()).last().unwrap_or(error).to_string();
        match root.split_once(" {") {
            None => Self::new(&root),
            Some((before, _)) => {
                // The word before the brace is the name of the value's type.
                let words = before.rsplit_once(' ').map_or("", |(words, _)| words);
                Self::new(words.trim_end_matches(['.', ':', ' ']))
            }
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_that_a_refusal_repeats_is_left_out() {
        let text = "The signature does not match.\n\nThe Canonical String was\nx-amz-security-token:abc";
        assert_eq!(AwsWords::new(text).as_str(), "The signature does not match.");
    }

    #[test]
    fn an_answer_that_an_error_repeats_is_left_out() {
        let words = |text: &str| AwsWords::root_of(&*Box::<dyn Error>::from(text)).to_string();
        let dump = "error response from IMDS (code: 500). Response { status: 500, body: b\"SECRET\" }";
        assert_eq!(words(dump), "error response from IMDS (code: 500)");
        assert_eq!(words("Response { body: b\"SECRET\" }"), "");
        assert_eq!(words("profile `a` was not defined"), "profile `a` was not defined");
    }

    #[test]
    fn a_label_without_a_text_is_left_out() {
        let words = |text: &str| AwsWords::root_of(&*Box::<dyn Error>::from(text)).to_string();
        assert_eq!(words("process exited with code 1. Stderr: "), "process exited with code 1");
        assert_eq!(words("process exited with code 1. Stderr: no"), "process exited with code 1. Stderr: no");
    }

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(AwsWords::new("no \u{1b}[31maccess").as_str(), "no [31maccess");
    }
}
