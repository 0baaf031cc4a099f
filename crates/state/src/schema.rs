//! The schema and its versions. A file says its version in `user_version`; each migration makes the
//! next version of one.

use rusqlite::{Connection, TransactionBehavior::Immediate};

use crate::store::whole;

/// "shea" as a number: tells our files from other programs' databases.
const APPLICATION: i32 = 0x7368_6561;

/// The first makes version 1 of an empty file. Never change one that was released; add another.
const MIGRATIONS: [&str; 2] = [include_str!("schema.sql"), include_str!("events.sql")];

/// What a file is that cannot be used as it is.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// Written by a newer version of this crate.
    Newer(usize),
    /// Another program's database.
    Foreign,
    /// SQLite says no.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Unusable {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Brings a file up to date.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Unusable> {
    if version(connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    // Only a file without tables can learn to give room back.
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    // Another process may be at the same: only who has the lock looks at the version that counts.
    let transaction = connection.transaction_with_behavior(Immediate)?;
    let version = version(&transaction)?;
    let missing = MIGRATIONS.get(version..).ok_or(Unusable::Newer(version))?;
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", whole(MIGRATIONS.len()))?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    Ok(transaction.commit()?)
}

/// Whether a file is one of ours that this program can read.
pub(crate) fn check(connection: &Connection) -> Result<(), Unusable> {
    match version(connection)? {
        version if version > MIGRATIONS.len() => Err(Unusable::Newer(version)),
        _ => Ok(()),
    }
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
