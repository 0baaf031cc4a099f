//! The namespace of metrics in CloudWatch.

use std::fmt;

use serde::Deserialize;

use crate::limits::MAX_NAMESPACE_LENGTH;

/// A namespace, such as `SystemHealth`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Namespace(String);

/// Why a namespace was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NamespaceError {
    #[error(
        "a namespace has 1 to {MAX_NAMESPACE_LENGTH} characters, not only spaces; write one such as \"SystemHealth\""
    )]
    Length,
    #[error("a namespace contains only printable ASCII characters; write one such as \"SystemHealth\"")]
    Characters,
    #[error("namespaces that begin with `AWS/` or `:` are reserved; write one such as \"SystemHealth\"")]
    Reserved,
}

impl Namespace {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self("SystemHealth".to_owned())
    }
}

impl TryFrom<String> for Namespace {
    type Error = NamespaceError;

    fn try_from(name: String) -> Result<Self, NamespaceError> {
        if name.trim().is_empty() || name.len() > MAX_NAMESPACE_LENGTH {
            return Err(NamespaceError::Length);
        }
        if name.chars().any(|c| !c.is_ascii() || c.is_ascii_control()) {
            return Err(NamespaceError::Characters);
        }
        if name.starts_with("AWS/") || name.starts_with(':') {
            return Err(NamespaceError::Reserved);
        }
        Ok(Self(name))
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cloudwatch_does_not_accept_are_refused() {
        let check = |name: &str| Namespace::try_from(name.to_owned()).map(|name| name.to_string());

        assert_eq!(check("Shop/Health #1"), Ok("Shop/Health #1".to_owned()));
        assert_eq!(check(&"n".repeat(255)), Ok("n".repeat(255)));
        assert_eq!(check(&"n".repeat(256)), Err(NamespaceError::Length));
        assert_eq!(check(" "), Err(NamespaceError::Length));
        assert_eq!(check("Größe"), Err(NamespaceError::Characters));
        assert_eq!(check("a\nb"), Err(NamespaceError::Characters));
        assert_eq!(check("AWS/EC2"), Err(NamespaceError::Reserved));
        assert_eq!(check(":shop"), Err(NamespaceError::Reserved));
    }
}
