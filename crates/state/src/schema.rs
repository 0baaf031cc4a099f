//! The schema and its versions. A file stores its version in `user_version`. Each migration creates the next version from
//! the previous one.

use rusqlite::{Connection, TransactionBehavior::Immediate};

use crate::convert::saturating_i64;

/// "shea" as a number. It distinguishes files of the store from databases of other programs.
const APPLICATION: i32 = 0x7368_6561;

/// The first migration creates version 1 from an empty file. Never change a released migration; add another one.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// Why a file cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// Written by a newer version of this crate.
    Newer(usize),
    /// Without the tables of this version: written by an older version, or by a process that was killed while it created them.
    NotCurrent,
    /// Another program's database.
    Foreign,
    /// An error of SQLite.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Unusable {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Migrates a file to the current version.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Unusable> {
    apply(connection, MIGRATIONS)
}

fn apply(connection: &mut Connection, migrations: &[&str]) -> Result<(), Unusable> {
    if version(connection)? == migrations.len() {
        return Ok(());
    }
    // This setting has an effect only before the first table is created.
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    // Another process may be migrating the file at the same time, so check the version again while holding the lock.
    let transaction = connection.transaction_with_behavior(Immediate)?;
    let version = version(&transaction)?;
    let missing = migrations.get(version..).ok_or(Unusable::Newer(version))?;
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", saturating_i64(migrations.len()))?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    Ok(transaction.commit()?)
}

/// Fails if a file belongs to another program or a newer version, so that it must not be changed.
pub(crate) fn check_ownership(connection: &Connection) -> Result<(), Unusable> {
    match version(connection)? {
        version if version > MIGRATIONS.len() => Err(Unusable::Newer(version)),
        _ => Ok(()),
    }
}

/// Fails if a file does not have the current schema.
pub(crate) fn check(connection: &Connection) -> Result<(), Unusable> {
    check_ownership(connection)?;
    if version(connection)? < MIGRATIONS.len() { Err(Unusable::NotCurrent) } else { Ok(()) }
}

/// The version of a file; 0 if it is empty.
fn version(connection: &Connection) -> Result<usize, Unusable> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let tables: i32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && number("application_id")? != APPLICATION {
        return Err(Unusable::Foreign);
    }
    Ok(usize::try_from(number("user_version")?).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE things (name TEXT NOT NULL)";
    const SECOND: &str = "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7";

    #[test]
    fn migrating_an_older_file_keeps_its_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[FIRST]).unwrap();
        connection.execute("INSERT INTO things VALUES ('a')", []).unwrap();

        for _ in 0..2 {
            apply(&mut connection, &[FIRST, SECOND]).unwrap();
        }

        assert_eq!(version(&connection).unwrap(), 2);
        let kept = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let kept: (String, i64) = connection.query_row("SELECT name, size FROM things", [], kept).unwrap();
        assert_eq!(kept, ("a".to_owned(), 7));
        assert!(matches!(apply(&mut connection, &[FIRST]), Err(Unusable::Newer(2))));
    }

    #[test]
    fn a_failed_migration_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[FIRST]).unwrap();

        let failed = apply(&mut connection, &[FIRST, SECOND, "CREATE TABLE things (x)"]);

        assert!(matches!(failed, Err(Unusable::Sqlite(_))), "{failed:?}");
        assert_eq!(version(&connection).unwrap(), 1);
        assert!(connection.prepare("SELECT size FROM things").is_err());
    }
}
