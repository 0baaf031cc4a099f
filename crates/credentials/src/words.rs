//! What AWS and its SDK say about a failure, fit to be printed.

use std::{error::Error, fmt};

/// AWS's own words about a failure: one line, and no more than that is good for a message.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsWords(pub(crate) String);

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
