//! Small documents that are saved as a whole: all dashboards, all monitors, all metadata. Also the last status of service checks.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, params, types::FromSqlError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Store, StoreError, json_rows::JsonRows, points::to_json};

impl Store {
    /// Replaces a document.
    pub(crate) fn save(&mut self, kind: &str, document: &impl Serialize) -> Result<(), StoreError> {
        self.write(|transaction| {
            let body = serde_json::to_string(document)
                .map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))?;
            transaction
                .prepare("INSERT OR REPLACE INTO documents VALUES (?1, ?2)")?
                .execute(params![kind, body])?;
            Ok(())
        })
    }

    /// The document, or its default if none was saved. A document that cannot be read is an error, because the next
    /// [`save`](Self::save) would replace it.
    pub(crate) fn load<T: DeserializeOwned + Default>(&self, kind: &str) -> Result<T, StoreError> {
        let document = self.read(|connection| {
            let mut select = connection.prepare("SELECT body FROM documents WHERE kind = ?1")?;
            let read = |row: &Row<'_>| {
                let document = serde_json::from_str(row.get_ref(0)?.as_str()?);
                document.map_err(|cause| rusqlite::Error::from(FromSqlError::Other(cause.into())))
            };
            select.query_row([kind], read).optional()
        })?;
        Ok(document.unwrap_or_default())
    }

    /// Replaces the status of a service check.
    pub(crate) fn put_check(
        &mut self,
        name: &str,
        tags: &BTreeSet<String>,
        check: &Value,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut put = transaction.prepare("INSERT OR REPLACE INTO checks VALUES (?1, ?2, ?3)")?;
            put.execute(params![name, to_json(tags), check.to_string()])?;
            Ok(())
        })
    }

    /// The service checks, by name.
    pub(crate) fn checks(&self) -> Result<Vec<Value>, StoreError> {
        let bodies = self.read(|connection| {
            let mut select = connection.prepare("SELECT body FROM checks ORDER BY name, tags")?;
            select.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
        })?;
        let mut rows = JsonRows::new("checks");
        Ok(bodies.iter().filter_map(|body| rows.read(body)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn rows_that_cannot_be_read_are_left_out() {
        let mut store = Store::in_memory().unwrap();
        store.put_check("up", &BTreeSet::new(), &Value::from(1)).unwrap();
        store.add_event(1, &Value::from(2)).unwrap();
        store.add_spans(&[("7".to_owned(), 1, Value::from(3))]).unwrap();

        let damage =
            "INSERT INTO checks VALUES ('down', '[]', '{'); INSERT INTO events (time, event) VALUES (1, '{');
                      INSERT INTO spans VALUES ('7', 2, '{')";
        store.write(|transaction| transaction.execute_batch(damage)).unwrap();

        assert_eq!(store.checks().unwrap(), [1]);
        assert_eq!(store.events(&(0..=9)).unwrap(), [(1, 1, Value::from(2))]);
        assert_eq!(store.traces(9).unwrap(), [("7".to_owned(), vec![Value::from(3)])]);
    }

    #[test]
    fn if_a_document_cannot_be_saved_the_old_one_stays() {
        let mut store = Store::in_memory().unwrap();
        store.save("numbers", &BTreeMap::from([("one", 1)])).unwrap();

        // A name in JSON is a string.
        assert!(store.save("numbers", &BTreeMap::from([((1, 2), 3)])).is_err());

        let saved: BTreeMap<String, i64> = store.load("numbers").unwrap();
        assert_eq!(saved, BTreeMap::from([("one".to_owned(), 1)]));
    }
}
