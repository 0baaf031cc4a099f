//! Why the store cannot be used.

use std::path::PathBuf;

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
    /// The file belongs to another program, or to another version.
    #[error(
        "{} is not a file of this version of the intake; delete it, or name another one with --file", .file.display()
    )]
    Foreign {
        /// The file.
        file: PathBuf,
    },
}
