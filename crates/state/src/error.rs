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
    // The error of SQLite is not the source, because the printed chain would only repeat what this text says.
    #[error("{}: {}", .file.display(), in_words(.error))]
    Sqlite {
        /// The file.
        file: PathBuf,
        /// The error of SQLite.
        error: rusqlite::Error,
    },
}

impl StoreError {
    /// Whether the file is damaged and has to be replaced.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Sqlite { error, .. }
                if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        )
    }
}

impl StoreError {
    /// Whether the file cannot be opened for writing. It may still be readable.
    pub(crate) fn is_read_only(&self) -> bool {
        let Self::Sqlite { error, .. } = self else { return false };
        matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
    }
}

/// An error of SQLite with its code.
fn in_words(error: &rusqlite::Error) -> String {
    let Some(failure) = error.sqlite_error() else { return format!("the store failed: {error}") };
    let code = failure.extended_code;
    match explanation(failure.code) {
        Some(explanation) => format!("{explanation} (SQLite error {code})"),
        None => format!("the store failed: {error} (SQLite error {code})"),
    }
}

/// What a known error code of SQLite means, and how to fix the problem if that is known.
fn explanation(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::DiskFull => Some("the disk is full; make room"),
        ErrorCode::ReadOnly => Some("it is read-only; make it writable, or name another folder"),
        ErrorCode::CannotOpen => Some("it cannot be opened; name a folder that is writable"),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some("another process keeps it locked"),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some("the file is damaged"),
        ErrorCode::SystemIoFailure => Some("the disk failed"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;
    use system_health_registry::SharedError;

    use super::*;

    #[test]
    fn an_error_of_sqlite_is_described_once() {
        let displayed = |code, text: &str| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(text.to_owned()));
            SharedError::new(StoreError::Sqlite { file: "state.db".into(), error }).to_string()
        };

        assert_eq!(
            displayed(ffi::SQLITE_CANTOPEN, "unable to open database file: state.db"),
            "state.db: it cannot be opened; name a folder that is writable (SQLite error 14)"
        );
        assert_eq!(
            displayed(ffi::SQLITE_ERROR, "no such table: runs"),
            "state.db: the store failed: no such table: runs (SQLite error 1)"
        );
    }
}
