//! Messages about failures of AWS, in a form that is safe to print.

use std::{error::Error, fmt};

/// Why AWS cannot be used, as one line of bounded length. Usually, this is the message of AWS or its SDK.
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
