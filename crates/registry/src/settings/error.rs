//! Errors in settings. Each error names the place. Most errors also say what would be right.

use std::{io, path::PathBuf};

use super::{NameSuggestions, Origin};
use crate::{Location, SharedError};

/// Why settings were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is not valid TOML.
    #[error("{origin}: the settings file is not valid TOML: {message}")]
    Syntax {
        /// The place of the error.
        origin: Origin,
        /// What is wrong. The line itself is not repeated, because it could contain a secret.
        message: String,
    },
    /// A table that no linked crate declares.
    #[error("{origin}: there is no table [{table}]{known}")]
    UnknownTable {
        /// The place of the table.
        origin: Origin,
        /// The name of the table.
        table: String,
        /// The names of existing tables.
        known: NameSuggestions,
    },
    /// The name of a table has a value that is not a table.
    #[error("{origin}: `{key}` must be a table, written [{key}]")]
    NotATable {
        /// The place of the name.
        origin: Origin,
        /// The name.
        key: String,
    },
    /// A key outside of any table.
    #[error("{origin}: `{key}` is outside of any table; write it below one of [{}]", .tables.join("], ["))]
    OutsideTables {
        /// The place of the key.
        origin: Origin,
        /// The key.
        key: String,
        /// The tables that the linked crates declare.
        tables: Vec<&'static str>,
    },
    /// A key that the table does not have.
    #[error("{origin}: there is no key `{key}` in [{table}]{known}")]
    UnknownKey {
        /// The place of the key.
        origin: Origin,
        /// The table.
        table: String,
        /// The key.
        key: String,
        /// The names of existing keys.
        known: NameSuggestions,
    },
    /// A value that the table does not accept.
    #[error("{origin}: {place}: {message}")]
    Value {
        /// The file and line, the environment variable or the flag with the value.
        origin: Origin,
        /// The key and its table as they are written in a file, such as "`url` in \[datadog\]".
        place: String,
        /// What is wrong with the value.
        message: String,
    },
    /// Two keys of one file that exclude each other.
    #[error(
        "{origin}: `{key}` in [{table}] cannot be set beside `{other}` ({other_origin}); keep one of them"
    )]
    Exclusive {
        /// The place of `key`.
        origin: Origin,
        /// The table.
        table: String,
        /// One key.
        key: &'static str,
        /// The other key.
        other: &'static str,
        /// The place of `other`.
        other_origin: Origin,
    },
    /// A file with a secret that cannot be read.
    #[error("cannot read `{key}` in [{table}] from the file that the environment variable {variable} names")]
    SecretFile {
        /// The variable.
        variable: &'static str,
        /// The table.
        table: &'static str,
        /// The key.
        key: &'static str,
        /// The cause. The path is not shown, because somebody may have set the variable to the secret itself.
        source: io::Error,
    },
    /// An environment variable that is not valid Unicode.
    #[error("the environment variable {variable} is not valid Unicode; set it to a text, or unset it")]
    NotUnicode {
        /// The variable. Its value is not shown, because it may be a secret.
        variable: &'static str,
    },
    /// A flag that cannot be used now.
    #[error("cannot use {flag}: {reason}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// The reason, with all causes.
        reason: SharedError,
    },
    /// Two crates declare a table of this name.
    #[error("the settings table [{table}] is declared twice: by {first} and by {second}; rename one of them")]
    DeclaredTwice {
        /// The table.
        table: &'static str,
        /// The place of the first declaration.
        first: Location,
        /// The place of the second declaration.
        second: Location,
    },
    /// A struct without a default for one of its keys.
    #[error(
        "the settings table [{table}]{} has no default for `{key}`; its struct needs `#[serde(default)]`, or the field \
         must be an `Option`",
        in_place(.location.as_ref())
    )]
    NoDefault {
        /// The table.
        table: &'static str,
        /// The place of its declaration. `None` if the table is not linked.
        location: Option<Location>,
        /// The key.
        key: &'static str,
    },
    /// A declaration that names a key without a field.
    #[error(
        "the declaration of the settings table [{table}]{} names the key `{key}`, which its struct does not have{known}",
        in_place(.location.as_ref())
    )]
    UndeclaredKey {
        /// The table.
        table: &'static str,
        /// The place of the declaration. `None` if the table is not linked.
        location: Option<Location>,
        /// The key.
        key: &'static str,
        /// The names of existing keys.
        known: NameSuggestions,
    },
    /// Several tables are wrong. There is one error for each.
    #[error("{} tables are wrong:{}", .0.len(), in_lines(.0))]
    Several(Vec<SettingsError>),
    /// The struct of a table refuses the table as a whole.
    #[error("settings table [{table}]: {message}")]
    Table {
        /// The table.
        table: String,
        /// What is wrong with the table.
        message: String,
    },
}

/// Maximum number of errors that are shown.
const MAX_ERRORS: usize = 10;

fn in_place(location: Option<&Location>) -> String {
    location.map(|location| format!(" in {location}")).unwrap_or_default()
}

/// The errors, each on its own line.
fn in_lines(errors: &[SettingsError]) -> String {
    let mut lines: Vec<String> = errors.iter().take(MAX_ERRORS).map(|error| format!("\n  {error}")).collect();
    if let Some(hidden @ 1..) = errors.len().checked_sub(MAX_ERRORS) {
        lines.push(format!("\n  and {hidden} more"));
    }
    lines.concat()
}
