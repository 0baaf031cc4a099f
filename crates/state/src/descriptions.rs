//! Descriptions of metrics from sources. Such a metric is known only after a run has called its source. The descriptions
//! are stored, because dashboards and monitors are made without a run, and because a source that fails does not tell which
//! metrics are missing.

use std::time::SystemTime;

use rusqlite::{Connection, params, types::Type};
use system_health_registry::Facts;

use crate::{
    Store, StoreError,
    convert::{DAY, seconds},
};

impl Store {
    /// All descriptions: the name of the source and the facts, sorted by names and keys.
    pub fn descriptions(&self) -> Result<Vec<(String, Facts)>, StoreError> {
        let invalid = |error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::new(error));
        self.read(|connection| {
            connection
                .prepare("SELECT source, facts FROM descriptions ORDER BY source, key")?
                .query_map([], |row| {
                    Ok((row.get(0)?, serde_json::from_str(row.get_ref(1)?.as_str()?).map_err(invalid)?))
                })?
                .collect()
        })
    }

    /// Stores the descriptions that a source has returned at a time. Descriptions of metrics that it no longer returns
    /// stay until [`delete_older_than`](Self::delete_older_than) deletes them. A metric belongs to the source that
    /// described it last.
    pub fn remember_descriptions(
        &self,
        source: &str,
        facts: &[Facts],
        time: SystemTime,
    ) -> Result<(), StoreError> {
        let seen = seconds(time);
        let changed = self.read(|connection| {
            let described = to_json(facts)?;
            // Descriptions rarely change, and a write takes milliseconds.
            Ok((!are_known(connection, source, &described, seen)?).then_some(described))
        })?;
        let Some(described) = changed else { return Ok(()) };
        self.write(|transaction| {
            let mut write = transaction.prepare(
                "INSERT INTO descriptions (key, source, facts, seen) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE
                 SET source = excluded.source, facts = excluded.facts, seen = excluded.seen",
            )?;
            for (key, facts) in &described {
                write.execute(params![key, source, facts, seen])?;
            }
            Ok(())
        })
    }
}

/// Keys with their facts as JSON.
fn to_json(facts: &[Facts]) -> rusqlite::Result<Vec<(&str, String)>> {
    let invalid = |error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    let json = |facts: &Facts| serde_json::to_string(facts).map_err(invalid);
    facts.iter().map(|facts| Ok((facts.key(), json(facts)?))).collect()
}

/// Whether the same descriptions were all stored within the last day.
fn are_known(
    connection: &Connection,
    source: &str,
    described: &[(&str, String)],
    seen: i64,
) -> rusqlite::Result<bool> {
    let mut known = connection.prepare(
        "SELECT EXISTS (SELECT 1 FROM descriptions WHERE key = ?1 AND source = ?2 AND facts = ?3
                        AND seen BETWEEN ?4 - ?5 AND ?4)",
    )?;
    for (key, facts) in described {
        if !known.query_row(params![key, source, facts, seen, DAY], |row| row.get(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}
