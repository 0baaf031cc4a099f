//! Opens the store.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, Transaction};

use super::StoreError;

/// Marks a file as one of the intake: `shin` in ASCII.
const APPLICATION_ID: i64 = 0x7368_696e;
/// The version of the schema.
const VERSION: i64 = 1;

/// The points, events and documents that the intake has received.
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

    /// Opens a file, and creates it if necessary. Only its owner may read it, because tags and events can be confidential.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        // If this fails, opening the file fails as well and reports why.
        let _ = create_private(file);
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
        // The data can be sent again, so it may be lost if the machine crashes. An exclusive lock refuses a second intake with the
        // same file at the start.
        let pragmas =
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
                       PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;";
        connection.busy_timeout(Duration::ZERO).map_err(failed)?;
        connection.execute_batch(pragmas).map_err(failed)?;
        let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let id = number("application_id").map_err(failed)?;
        let version = number("user_version").map_err(failed)?;
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(failed)?;
        match (id, version, tables) {
            (APPLICATION_ID, VERSION, _) => connection.execute_batch("BEGIN EXCLUSIVE; COMMIT"),
            (0, 0, 0) => connection.execute_batch(&format!(
                "BEGIN EXCLUSIVE; {} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT",
                include_str!("schema.sql")
            )),
            _ => return Err(StoreError::Foreign { file: file.to_owned() }),
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

    /// Deletes points, values, events and spans from before a time, in seconds since 1970, and series that have nothing left.
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

fn create_private(file: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("file", &self.file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_program_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("other.db");
        Connection::open(&file).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();

        let error = Store::open(&file).unwrap_err().to_string();

        assert!(error.contains("is not a file of this version of the intake"), "{error}");
    }

    #[test]
    fn two_intakes_cannot_use_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(Store::FILE_NAME);

        let first = Store::open(&file).unwrap();
        assert!(matches!(Store::open(&file), Err(StoreError::Sqlite { .. })));
        drop(first);
        Store::open(&file).unwrap();
    }
}
