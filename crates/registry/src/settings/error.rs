//! What can be wrong with settings: always with the place, and with what would be right.

use std::{fmt, io, path::PathBuf};

use super::Origin;

/// Why settings were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("the settings file {path} is not valid TOML, line {line}: {message}", path = .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, starting at 1.
        line: usize,
        /// What is wrong there. The line itself is not repeated: it could hold a secret.
        message: String,
    },
    /// A table that no linked crate declares.
    #[error("{origin}: there is no table [{table}]{known}")]
    UnknownTable {
        /// Where it stands.
        origin: Origin,
        /// Its name.
        table: String,
        /// What there is.
        known: Known,
    },
    /// The name of a table with something else behind it.
    #[error("{origin}: `{key}` must be a table, written [{key}]")]
    NoTable {
        /// Where it stands.
        origin: Origin,
        /// Its name.
        key: String,
    },
    /// A key outside of any table.
    #[error("{origin}: `{key}` stands outside of any table; write it below one of [{}]", .tables.join("], ["))]
    Outside {
        /// Where it stands.
        origin: Origin,
        /// Its name.
        key: String,
        /// The tables that the linked crates declare.
        tables: Vec<&'static str>,
    },
    /// A key that the table does not have.
    #[error("{origin}: there is no key `{key}` in [{table}]{known}")]
    UnknownKey {
        /// Where it stands.
        origin: Origin,
        /// The table.
        table: String,
        /// The key.
        key: String,
        /// What there is.
        known: Known,
    },
    /// A value that the table does not take.
    #[error("{origin}: `{path}` in [{table}]: {message}")]
    Value {
        /// Where it stands.
        origin: Origin,
        /// The table.
        table: String,
        /// The key, and the path below it.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// Two keys of one file that say the same in two ways.
    #[error(
        "{origin}: `{key}` in [{table}] cannot be set beside `{other}` ({other_origin}); keep one of them"
    )]
    Exclusive {
        /// Where one of them stands.
        origin: Origin,
        /// The table.
        table: String,
        /// One key.
        key: &'static str,
        /// The other key.
        other: &'static str,
        /// Where that stands.
        other_origin: Origin,
    },
    /// A file with a secret that cannot be read.
    #[error("cannot read the file that the environment variable {variable} names as `{key}` in [{table}]")]
    SecretFile {
        /// The variable.
        variable: &'static str,
        /// The table.
        table: &'static str,
        /// The key.
        key: &'static str,
        /// Why. The path is not repeated: it could be the secret itself.
        source: io::Error,
    },
    /// A table that lacks something it cannot do without.
    #[error("settings table [{table}]: {message}")]
    Table {
        /// The table.
        table: String,
        /// What is wrong with it.
        message: String,
    },
}

/// The names that exist where an unknown one was found, the nearest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    names: Vec<String>,
    has_near: bool,
}

/// How like a known name an unknown one has to be, from 0 to 1, to be taken for a slip of the pen.
const LIKENESS: f64 = 0.7;

impl Known {
    /// Sorts the names by their likeness to the unknown one.
    #[must_use]
    pub fn nearest_to<N: Into<String>>(unknown: &str, names: impl IntoIterator<Item = N>) -> Self {
        let likeness = |name: &str| strsim::jaro_winkler(name, unknown);
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        names.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
        let has_near = names.first().is_some_and(|nearest| likeness(nearest) >= LIKENESS);
        Self { names, has_near }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names.as_slice() {
            [] => Ok(()),
            names if !self.has_near => write!(f, "; there are `{}`", names.join("`, `")),
            [only] => write!(f, "; did you mean `{only}`?"),
            [nearest, others @ ..] => {
                write!(f, "; did you mean `{nearest}`? (others: `{}`)", others.join("`, `"))
            }
        }
    }
}
