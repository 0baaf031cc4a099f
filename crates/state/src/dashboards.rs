//! The ids that dashboards got, so that a push finds its dashboard again also where somebody has renamed it.

use rusqlite::OptionalExtension;

use crate::{Store, StoreError};

impl Store {
    /// The id that a dashboard got when it was last pushed.
    pub fn dashboard(&self, destination: &str, title: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            connection
                .query_row(
                    "SELECT id FROM dashboards WHERE destination = ?1 AND title = ?2",
                    [destination, title],
                    |row| row.get(0),
                )
                .optional()
        })
    }

    /// Keeps the id of a dashboard.
    pub fn remember_dashboard(&self, destination: &str, title: &str, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            // It had another title before.
            transaction
                .execute("DELETE FROM dashboards WHERE destination = ?1 AND id = ?2", [destination, id])?;
            transaction.execute(
                "INSERT INTO dashboards (destination, title, id) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET id = excluded.id",
                [destination, title, id],
            )?;
            Ok(())
        })
    }

    /// Forgets a dashboard that was deleted.
    pub fn forget_dashboard(&self, destination: &str, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .execute("DELETE FROM dashboards WHERE destination = ?1 AND id = ?2", [destination, id])?;
            Ok(())
        })
    }
}
