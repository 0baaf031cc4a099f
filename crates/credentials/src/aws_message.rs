//! Messages of AWS and its SDK about a failure, in a form that is safe to print.

use std::{error::Error, fmt};

/// AWS's own message about a failure, as one line of bounded length.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsMessage(pub(crate) String);

impl fmt::Display for AwsMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AwsMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Error for AwsMessage {}
