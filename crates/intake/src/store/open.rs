//! Opens the store.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, Transaction};

use super::StoreError;
use crate::private::{create_file, create_folder};

/// The application id of the intake's files: `shin` in ASCII.
const APPLICATION_ID: i64 = 0x7368_696e;
/// The version of the schema.
const VERSION: i64 = 1;

/// The points, events, service checks, spans and documents that the intake has received.
pub struct Store {
    connection: Connection,
    file: PathBuf,
}

impl Store {
    /// The name of the file in the state folder.
    pub const FILE_NAME: &str = "intake.db";

    /// A store in memory. It is lost at the end of the program.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory(), Path::new(":memory:"))
    }

    /// Opens a file, and creates it and its folder if necessary. On Unix, only the owner can read the file, because tags and events
    /// can be confidential.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = file.parent() {
            let failed = |source| StoreError::Folder { folder: folder.to_owned(), source };
            create_folder(folder).map_err(failed)?;
        }
        // If this fails, SQLite fails as well and reports why: when it opens the file, or when it first writes to it.
        let _ = create_file(file);
        Self::prepare(Connection::open(file), file)
    }

    /// The file, or `:memory:`.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    fn prepare(connection: rusqlite::Result<Connection>, file: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Sqlite { file: file.to_owned(), source };
        let connection = connection.map_err(failed)?;
        connection.busy_timeout(Duration::ZERO).map_err(failed)?;
        // With this lock, a second intake cannot open the same file.
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE").map_err(failed)?;
        let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let id = number("application_id").map_err(failed)?;
        let version = number("user_version").map_err(failed)?;
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(failed)?;
        if !matches!((id, version, tables), (APPLICATION_ID, VERSION, _) | (0, 0, 0)) {
            return Err(StoreError::Foreign { file: file.to_owned() });
        }
        // The data can be sent again, so speed matters more than safety: if the machine crashes, or this program is killed while it
        // writes, the file may be damaged. The mode of the journal is stored in the file, so it is set only after the check.
        let pragmas = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
                       PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;";
        connection.execute_batch(pragmas).map_err(failed)?;
        match tables {
            0 => connection.execute_batch(&format!(
                "BEGIN EXCLUSIVE; {} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT",
                include_str!("schema.sql")
            )),
            _ => connection.execute_batch("BEGIN EXCLUSIVE; COMMIT"),
        }
        .map_err(failed)?;
        Ok(Self { connection, file: file.to_owned() })
    }

    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        read(&self.connection).map_err(|source| self.error(source))
    }

    /// Runs a transaction.
    pub(super) fn write<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let run = || {
            let transaction = self.connection.transaction()?;
            let written = write(&transaction)?;
            transaction.commit()?;
            Ok(written)
        };
        let result = run();
        result.map_err(|source| self.error(source))
    }

    /// Deletes points, values of distributions, events and spans that are older than a time, in seconds since 1970. Then deletes
    /// the series that have neither points nor values any more.
    pub(crate) fn prune(&mut self, since: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            for table in ["points", "distribution_values", "events"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE time < ?1"), [since])?;
            }
            transaction
                .execute("DELETE FROM spans WHERE start < ?1", [since.saturating_mul(1_000_000_000)])?;
            transaction.execute(
                "DELETE FROM series
                 WHERE NOT EXISTS (SELECT 1 FROM points WHERE points.series = series.id)
                   AND NOT EXISTS (SELECT 1 FROM distribution_values AS own WHERE own.series = series.id)",
                [],
            )?;
            Ok(())
        })
    }

    fn error(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { file: self.file.clone(), source }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("file", &self.file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_of_another_program_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("other.db");
        // The mode of the journal is stored in the file.
        let statements = "PRAGMA journal_mode = WAL; CREATE TABLE a (b)";
        Connection::open(&file).unwrap().execute_batch(statements).unwrap();
        let before = fs::read(&file).unwrap();

        let error = Store::open(&file).unwrap_err().to_string();

        assert!(error.contains("is not a file of this version of the intake"), "{error}");
        assert!(fs::read(&file).unwrap() == before);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_use_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state").join(Store::FILE_NAME);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        drop(Store::open(&file).unwrap());
        assert_eq!((mode(file.parent().unwrap()), mode(&file)), (0o700, 0o600));

        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        drop(Store::open(&file).unwrap());

        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn two_intakes_cannot_use_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(Store::FILE_NAME);

        let first = Store::open(&file).unwrap();
        assert!(Store::open(&file).unwrap_err().is_in_use());
        drop(first);
        Store::open(&file).unwrap();
    }
}
