//! Spans of traces.

use rusqlite::params;
use serde_json::Value;

use super::{Store, StoreError, json_rows::JsonRows};

impl Store {
    /// Adds spans, each with the id of its trace and its start in nanoseconds since 1970.
    pub(crate) fn add_spans(&mut self, spans: &[(String, i64, Value)]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut add = transaction.prepare("INSERT INTO spans VALUES (?1, ?2, ?3)")?;
            for (trace, start, span) in spans {
                add.execute(params![trace, start, span.to_string()])?;
            }
            Ok(())
        })
    }

    /// The spans of the last traces, the newest trace first. The spans of a trace are ordered by their start.
    pub(crate) fn traces(&self, limit: usize) -> Result<Vec<(String, Vec<Value>)>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.read(|connection| {
            let mut traces = connection
                .prepare("SELECT trace FROM spans GROUP BY trace ORDER BY max(start) DESC LIMIT ?1")?;
            let mut spans =
                connection.prepare("SELECT body FROM spans WHERE trace = ?1 ORDER BY start, rowid")?;
            let traces = traces.query_map([limit], |row| row.get::<_, String>(0))?;
            traces
                .map(|trace| {
                    let trace = trace?;
                    let bodies =
                        spans.query_map([&trace], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
                    Ok((trace, bodies))
                })
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let mut json = JsonRows::new("spans");
        let mut read = |bodies: Vec<String>| bodies.iter().filter_map(|body| json.read(body)).collect();
        Ok(rows.into_iter().map(|(trace, bodies)| (trace, read(bodies))).collect())
    }
}
