//! Names of AWS regions.

use std::fmt;

use serde::Deserialize;

/// Maximum length of a region's name.
const MAX_LENGTH: usize = 20;

/// The name of an AWS region, such as `eu-west-1`. The name becomes part of a host name, so a secret that was set by mistake
/// would be sent over the network. Therefore a text that cannot be such a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct AwsRegionName(String);

/// A text that is not the name of a region. The error does not repeat it, because it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an AWS region, such as `eu-west-1`")]
pub struct AwsRegionNameError;

impl TryFrom<String> for AwsRegionName {
    type Error = AwsRegionNameError;

    fn try_from(name: String) -> Result<Self, AwsRegionNameError> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.len() > MAX_LENGTH || !name.contains('-') || !name.chars().all(is_allowed) {
            return Err(AwsRegionNameError);
        }
        Ok(Self(name))
    }
}

impl fmt::Display for AwsRegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<AwsRegionName> for String {
    fn from(name: AwsRegionName) -> Self {
        name.0
    }
}
