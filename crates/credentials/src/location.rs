//! The location of a secret, for messages.

use std::{fmt, path::PathBuf};

use crate::SecretName;

/// Where a secret was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretLocation {
    /// In an environment variable.
    Variable(&'static str),
    /// In a file that an environment variable names.
    File {
        /// The variable.
        variable: String,
        /// The file.
        path: PathBuf,
    },
    /// In AWS Secrets Manager.
    Aws(StoredSecret),
}

/// A secret in AWS Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// The name in AWS.
    pub name: SecretName,
    /// The region.
    pub region: String,
}

impl fmt::Display for SecretLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(variable) => write!(f, "the value of {variable}"),
            Self::File { variable, path } => write!(f, "the content of {} ({variable})", path.display()),
            Self::Aws(stored) => write!(f, "the {stored}"),
        }
    }
}

impl fmt::Display for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret `{}` in AWS Secrets Manager in {}", self.name.id(), self.region)
    }
}
