//! Events.

use std::ops::RangeInclusive;

use rusqlite::params;
use serde_json::Value;

use super::{Store, StoreError, json_rows::JsonRows};

impl Store {
    /// Adds an event, and returns its number. The first event has the number 1.
    pub(crate) fn add_event(&mut self, time: i64, event: &Value) -> Result<u64, StoreError> {
        let id = self.write(|transaction| {
            let mut add = transaction.prepare("INSERT INTO events (time, event) VALUES (?1, ?2)")?;
            add.insert(params![time, event.to_string()])
        })?;
        Ok(id.unsigned_abs())
    }

    /// The events within a time range, in the order of their arrival, each with its number and its time.
    pub(crate) fn events(&self, time: &RangeInclusive<i64>) -> Result<Vec<(u64, i64, Value)>, StoreError> {
        let rows = self.read(|connection| {
            let mut select = connection
                .prepare("SELECT id, time, event FROM events WHERE time BETWEEN ?1 AND ?2 ORDER BY id")?;
            let rows = select.query_map(params![time.start(), time.end()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, String>(2)?))
            })?;
            rows.collect::<Result<Vec<_>, _>>()
        })?;
        let mut json = JsonRows::new("events");
        let event =
            |(id, time, event): (i64, i64, String)| Some((id.unsigned_abs(), time, json.read(&event)?));
        Ok(rows.into_iter().filter_map(event).collect())
    }
}
