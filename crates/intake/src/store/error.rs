//! Why the store cannot be used.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite refused to read or write.
    #[error("cannot use the file of the intake, {}", .file.display())]
    Sqlite {
        /// The file.
        file: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The folder of the file cannot be created.
    #[error("cannot create the folder of the intake, {}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file belongs to another program, or to another version.
    #[error("{} is not a file of this version of the intake", .file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
}

impl StoreError {
    /// Whether another process uses the file.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        let Self::Sqlite { source, .. } = self else { return false };
        matches!(source.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// The error with its cause, in one line.
    pub(crate) fn with_cause(&self) -> String {
        let cause = std::error::Error::source(self).map_or_else(String::new, |cause| format!(": {cause}"));
        format!("{self}{cause}")
    }
}
