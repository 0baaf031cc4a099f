//! The handle to the file. It has one connection behind a mutex, because a run uses it only a few times.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use rusqlite::{Connection, Transaction, TransactionBehavior::Immediate};

use crate::{
    Call, StoreError,
    convert::{DAY, seconds},
};

/// The state of a reporter, in one folder or in memory.
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    file: PathBuf,
    /// The call that uses this handle. `None` if the caller waits until the end.
    call: Option<Arc<Call>>,
}

impl Store {
    pub(crate) fn new(connection: Connection, file: PathBuf) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), file, call: None }
    }

    /// The same store for one call. If the call is [cancelled](Call::try_cancel) before it commits a transaction, nothing is
    /// changed.
    #[must_use]
    pub fn for_call(&self, call: Arc<Call>) -> Self {
        Self { connection: Arc::clone(&self.connection), file: self.file.clone(), call: Some(call) }
    }

    /// Reads the whole file, and fails if its structure is damaged. A changed value is not noticed.
    pub fn check(&self) -> Result<(), StoreError> {
        let verdict: String =
            self.read(|connection| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        if verdict == "ok" {
            return Ok(());
        }
        let damage = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Err(self.error(rusqlite::Error::SqliteFailure(damage, Some(verdict))))
    }

    /// Fails if the file cannot be written, for example on a full disk. The test write is rolled back.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        self.discard(|transaction| {
            let row = "INSERT INTO last_values (key, subject, timestamp, seen) VALUES ('', '', 0, 0)";
            transaction.execute(row, []).map(drop)
        })
    }

    /// The size of the file in bytes, including free pages.
    pub fn size(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
            Ok((number("page_count")? * number("page_size")?).unsigned_abs())
        })
    }

    /// Deletes data that is older than a time: runs, settled events, states of goals, times of the last values of metrics and
    /// subjects that are no longer collected, totals of counters and distributions without new values, and descriptions that no
    /// source has repeated. Runs with points in an outbox are kept. Returns the number of deleted runs.
    pub fn delete_older_than(&self, since: SystemTime) -> Result<usize, StoreError> {
        let old_runs = "timestamp < ?1 AND id NOT IN (SELECT run FROM outbox)";
        let old_events = "timestamp < ?1 AND state = 'settled'";
        // The time of an unchanged goal or description is stored only once a day.
        let old_goals = format!("timestamp < ?1 - {DAY}");
        let old_descriptions = format!("seen < ?1 - {DAY}");
        let old_last_values = "seen < ?1";
        let old_totals = "timestamp < ?1";
        let any = format!(
            "SELECT EXISTS (SELECT 1 FROM runs WHERE {old_runs})
                 OR EXISTS (SELECT 1 FROM events WHERE {old_events})
                 OR EXISTS (SELECT 1 FROM goals WHERE {old_goals})
                 OR EXISTS (SELECT 1 FROM descriptions WHERE {old_descriptions})
                 OR EXISTS (SELECT 1 FROM last_values WHERE {old_last_values})
                 OR EXISTS (SELECT 1 FROM counters WHERE {old_totals})
                 OR EXISTS (SELECT 1 FROM accumulated WHERE {old_totals})"
        );
        let since = [seconds(since)];
        if !self.read(|connection| connection.query_row(&any, since, |row| row.get::<_, bool>(0)))? {
            return Ok(0);
        }
        let deleted = self.write(|transaction| {
            let deleted = transaction.execute(&format!("DELETE FROM runs WHERE {old_runs}"), since)?;
            transaction.execute(&format!("DELETE FROM events WHERE {old_events}"), since)?;
            transaction.execute(&format!("DELETE FROM goals WHERE {old_goals}"), since)?;
            transaction.execute(&format!("DELETE FROM descriptions WHERE {old_descriptions}"), since)?;
            transaction.execute(&format!("DELETE FROM last_values WHERE {old_last_values}"), since)?;
            transaction.execute(&format!("DELETE FROM counters WHERE {old_totals}"), since)?;
            transaction.execute(&format!("DELETE FROM accumulated WHERE {old_totals}"), since)?;
            transaction.execute("DELETE FROM series WHERE id NOT IN (SELECT series FROM points)", [])?;
            Ok(deleted)
        })?;
        // The statement frees one page for each row that is read.
        self.read(|connection| {
            let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
            let mut pages = vacuum.query([])?;
            while pages.next()?.is_some() {}
            Ok(())
        })?;
        Ok(deleted)
    }

    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        read(&connection).map_err(|source| self.error(source))
    }

    /// Runs a transaction. It takes the write lock at the start. If a transaction reads first, SQLite may refuse it the lock
    /// later without waiting.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let run_transaction = || {
            let transaction = connection.transaction_with_behavior(Immediate)?;
            let written = write(&transaction)?;
            if self.call.as_ref().is_some_and(|call| !call.begin_commit()) {
                transaction.rollback()?;
                return Ok(None);
            }
            transaction.commit()?;
            Ok(Some(written))
        };
        let committed = run_transaction().map_err(|source| self.error(source))?;
        committed.ok_or_else(|| StoreError::CallCancelled { file: self.file.clone() })
    }

    /// Runs a transaction whose changes are not kept.
    pub(crate) fn discard<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let run_transaction = || {
            let transaction = connection.transaction_with_behavior(Immediate)?;
            let result = change(&transaction)?;
            transaction.rollback()?;
            Ok(result)
        };
        run_transaction().map_err(|source| self.error(source))
    }

    fn error(&self, error: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { file: self.file.clone(), error }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("file", &self.file).finish_non_exhaustive()
    }
}
