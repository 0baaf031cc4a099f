//! The origin of a setting. Every error about a value names its origin, and a relative path in the settings file is
//! resolved relative to the folder of that file.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Where a setting was set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// In the settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, starting at 1.
        line: u32,
        /// The column, in characters and starting at 1.
        column: u32,
    },
    /// In an environment variable.
    Environment(&'static str),
    /// By a flag.
    Flag(&'static str),
}

impl Origin {
    /// The folder that paths are relative to; `None` for the current folder.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => path.parent(),
            Self::Environment(_) | Self::Flag(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Environment(variable) => write!(f, "environment variable {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}
