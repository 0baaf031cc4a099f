//! The outbox: what a destination has neither accepted nor refused yet, in the order in which it was
//! collected.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use rusqlite::{Row, params, types::Type};
use system_health_registry::{Kind, Point, Tag};

use crate::{
    RunId, Store, StoreError,
    store::{seconds, time, whole},
};

/// A point that waits to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Its place in the outbox.
    pub id: PendingId,
    /// The run that collected it.
    pub run: RunId,
    /// The point.
    pub point: Point,
}

/// A place in an outbox. Places grow in the order in which points were collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PendingId(i64);

impl Store {
    /// The next points that wait for a destination, the first collected first; `after` a place.
    pub fn pending(
        &self,
        destination: &str,
        limit: usize,
        after: Option<PendingId>,
    ) -> Result<Vec<Pending>, StoreError> {
        let after = after.map_or(i64::MIN, |PendingId(id)| id);
        self.read(|connection| {
            connection
                .prepare(
                    "SELECT points.id, run, key, kind, interval, unit, tags, timestamp, value
                     FROM outbox
                     JOIN points ON points.id = point
                     JOIN series ON series.id = series
                     JOIN runs ON runs.id = run
                     WHERE destination = ?1 AND point > ?2 ORDER BY outbox.point LIMIT ?3",
                )?
                .query_map(params![destination, after, whole(limit)], pending)?
                .collect()
        })
    }

    /// Takes points out of an outbox, because the destination accepted them or refused them for good.
    /// A point that another process took out before is no error.
    pub fn settle(&self, destination: &str, ids: &[PendingId]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut settle =
                transaction.prepare("DELETE FROM outbox WHERE destination = ?1 AND point = ?2")?;
            ids.iter().try_for_each(|PendingId(id)| settle.execute(params![destination, id]).map(drop))
        })
    }

    /// Drops points from an outbox whose time is earlier; says how many. They stay in the history.
    pub fn expire(&self, destination: &str, before: SystemTime) -> Result<u64, StoreError> {
        // Mostly there are none, and reading needs no lock.
        let expired = "destination = ?1 AND point IN (
            SELECT points.id FROM points JOIN runs ON runs.id = run WHERE timestamp < ?2)";
        let any = format!("SELECT EXISTS (SELECT 1 FROM outbox WHERE {expired})");
        let which = params![destination, seconds(before)];
        if !self.read(|connection| connection.query_row(&any, which, |row| row.get::<_, bool>(0)))? {
            return Ok(0);
        }
        self.write(|transaction| {
            transaction
                .execute(&format!("DELETE FROM outbox WHERE {expired}"), which)
                .map(|count| count as u64)
        })
    }

    /// How many points wait for a destination.
    pub fn waiting(&self, destination: &str) -> Result<u64, StoreError> {
        self.read(|connection| {
            connection.query_row("SELECT count(*) FROM outbox WHERE destination = ?1", [destination], |row| {
                Ok(row.get::<_, i64>(0)?.unsigned_abs())
            })
        })
    }

    /// How many points wait for each destination that has any.
    pub fn outboxes(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.read(|connection| {
            connection
                .prepare("SELECT destination, count(*) FROM outbox GROUP BY destination")?
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?
                .collect()
        })
    }
}

fn pending(row: &Row<'_>) -> rusqlite::Result<Pending> {
    let unit: String = row.get("unit")?;
    Ok(Pending {
        id: PendingId(row.get("id")?),
        run: RunId(row.get("run")?),
        point: Point {
            key: row.get("key")?,
            kind: kind(row)?,
            unit: Some(unit).filter(|unit| !unit.is_empty()),
            tags: tags(row)?.into_iter().collect(),
            timestamp: time(row.get("timestamp")?),
            value: row.get("value")?,
        },
    })
}

fn kind(row: &Row<'_>) -> rusqlite::Result<Kind> {
    let interval = Duration::from_secs(row.get::<_, i64>("interval")?.unsigned_abs());
    Ok(match row.get_ref("kind")?.as_str()? {
        "count" => Kind::Count { interval },
        "rate" => Kind::Rate { interval },
        _ => Kind::Gauge,
    })
}

/// The tags of a series, which are kept with commas between them.
pub(crate) fn tags(row: &Row<'_>) -> rusqlite::Result<Vec<Tag>> {
    let invalid = |error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error));
    let text = row.get_ref("tags")?.as_str()?;
    text.split(',').filter(|tag| !tag.is_empty()).map(|tag| Tag::parse(tag).map_err(invalid)).collect()
}
