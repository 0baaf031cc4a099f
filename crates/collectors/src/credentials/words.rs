//! What AWS and its SDK say about a failure, fit to be printed.

use std::{error::Error, fmt, iter};

const LONGEST: usize = 400;

/// AWS's own words about a failure: one line, and no more than that is good for a message.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsWords(String);

impl AwsWords {
    /// A text from AWS. Only its first line is kept: for a wrong signature, the lines below repeat the
    /// request's headers, and the session token is one of them.
    pub(super) fn new(text: &str) -> Self {
        let line = text.trim().lines().next().unwrap_or_default();
        Self(line.chars().filter(|character| !character.is_control()).take(LONGEST).collect())
    }

    /// The root cause of an error of the SDK. The layers above it only name the SDK's parts, and some
    /// repeat a whole request.
    pub(super) fn root_of(error: &(dyn Error + 'static)) -> Self {
        Self::new(&iter::successors(Some(error), |&error| error.source()).last().unwrap_or(error).to_string())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AwsWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AwsWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Error for AwsWords {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_that_a_refusal_repeats_is_left_out() {
        let text = "The signature does not match.\n\nThe Canonical String was\nx-amz-security-token:abc";
        assert_eq!(AwsWords::new(text).as_str(), "The signature does not match.");
    }

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(AwsWords::new("no \u{1b}[31maccess").as_str(), "no [31maccess");
    }
}
