//! Errors of the store. Each one names the file or folder and says how to fix the problem if that is known, because
//! the run continues without state and the error is read later, in a log.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder cannot be created or used.
    #[error("cannot use {} as the state folder", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file was written by a newer version of this program.
    #[error(
        "{} was written by a newer version of this program (format {version}); update this program, or name another folder",
        .file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// The version of its schema.
        version: usize,
    },
    /// The file was opened for reading, and does not have the tables of this version of this program.
    #[error("{} does not have the tables of this version of this program yet; the next run creates them", .file.display())]
    NotCurrent {
        /// The file.
        file: PathBuf,
    },
    /// The file is another program's database.
    #[error("{} is another program's database; name another folder", .file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// The [call](crate::Call) was cancelled before the change was committed, so nothing was changed.
    #[error("{} was not changed, because nobody waits for the change any more", .file.display())]
    CallCancelled {
        /// The file.
        file: PathBuf,
    },
    /// SQLite cannot read or write the file.
    #[error("{}: {}", .file.display(), explanation(.source))]
    Sqlite {
        /// The file.
        file: PathBuf,
        /// The error of SQLite.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Whether the file is damaged and has to be replaced.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Sqlite { source, .. }
                if matches!(source.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        )
    }
}

impl StoreError {
    /// Whether the file cannot be written, and may be opened for reading only.
    pub(crate) fn is_read_only(&self) -> bool {
        let Self::Sqlite { source, .. } = self else { return false };
        matches!(source.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
    }
}

/// What the error code of SQLite means, and how to fix the problem if that is known.
fn explanation(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full; make room",
        Some(ErrorCode::ReadOnly) => "it is read-only; make it writable, or name another folder",
        Some(ErrorCode::CannotOpen) => "it cannot be opened; name a folder that is writable",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another process keeps it locked",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "the file is damaged",
        Some(ErrorCode::SystemIoFailure) => "the disk failed",
        _ => "the store failed",
    }
}
