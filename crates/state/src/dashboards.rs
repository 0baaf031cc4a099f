//! The ids of pushed dashboards, by the title that was pushed. They let a push find its dashboard even if somebody has renamed it
//! in the backend.

use rusqlite::OptionalExtension;

use crate::{Store, StoreError};

impl Store {
    /// The id of the dashboard that was last pushed with this title.
    pub fn dashboard_id(&self, destination: &str, title: &str) -> Result<Option<String>, StoreError> {
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

    /// Stores the id of a dashboard.
    pub fn remember_dashboard(&self, destination: &str, title: &str, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            // The dashboard may have had another title before.
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

    /// Forgets the id of a deleted dashboard.
    pub fn forget_dashboard(&self, destination: &str, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .execute("DELETE FROM dashboards WHERE destination = ?1 AND id = ?2", [destination, id])?;
            Ok(())
        })
    }
}
