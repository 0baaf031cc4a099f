//! The outbox: what a destination has neither accepted nor refused yet, in the order in which it was
//! collected.

use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, SystemTime},
};

use rusqlite::{
    Row, Transaction, params,
    types::{Type, ValueRef},
};
use system_health_registry::{Kind, Point, Tag};

use crate::{
    RunId, Store, StoreError,
    store::{seconds, time, whole},
};

/// How many points rows of the outbox stand for.
const COUNT: &str = "coalesce(sum(last - first + 1), 0)";

/// A point that waits to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Its place in the outbox.
    pub id: PendingId,
    /// The point.
    pub point: Point,
}

/// A place in an outbox. Places grow in the order in which points were collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PendingId {
    run: RunId,
    position: i64,
}

impl PendingId {
    /// The run that collected the point.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// From a row that starts with the run and the position.
    pub(crate) fn of_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { run: RunId(row.get(0)?), position: row.get(1)? })
    }
}

impl Store {
    /// The next points that wait for a destination, the first collected first; `after` a place.
    pub fn pending(
        &self,
        destination: &str,
        limit: usize,
        after: Option<PendingId>,
    ) -> Result<Vec<Pending>, StoreError> {
        let (run, position) = after.map_or((i64::MIN, i64::MIN), |id| (id.run.0, id.position));
        self.read(|connection| {
            connection
                .prepare(
                    "SELECT points.run, position, key, kind, interval, unit, tags, timestamp, value
                     FROM outbox
                     CROSS JOIN points ON points.run = outbox.run
                         AND position BETWEEN iif(outbox.run = ?3, max(first, ?4 + 1), first) AND last
                     CROSS JOIN series ON series.id = series
                     CROSS JOIN runs ON runs.id = outbox.run
                     WHERE destination = ?1 AND outbox.run >= ?3 ORDER BY outbox.run, first, position LIMIT ?2",
                )?
                .query_map(params![destination, whole(limit), run, position], pending)?
                .collect()
        })
    }

    /// Takes points out of an outbox, because the destination accepted them or refused them for good.
    /// A point that another process took out before is no error.
    pub fn settle(&self, destination: &str, ids: &[PendingId]) -> Result<(), StoreError> {
        self.write(|transaction| take_out(transaction, destination, ids))
    }

    /// Drops points from all outboxes whose time is outside; says how many. They stay in the history.
    pub fn expire(&self, times: &Range<SystemTime>) -> Result<u64, StoreError> {
        let expired =
            "FROM outbox WHERE run IN (SELECT id FROM runs WHERE timestamp < ?1 OR timestamp >= ?2)";
        let count = format!("SELECT {COUNT} {expired}");
        let times = [seconds(times.start), seconds(times.end)];
        // Mostly there are none, and reading needs no lock.
        if self.read(|connection| connection.query_row(&count, times, whole_count))? == 0 {
            return Ok(0);
        }
        self.write(|transaction| {
            let dropped = transaction.query_row(&count, times, whole_count)?;
            transaction.execute(&format!("DELETE {expired}"), times)?;
            Ok(dropped)
        })
    }

    /// How many points wait for a destination.
    pub fn waiting(&self, destination: &str) -> Result<u64, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {COUNT} FROM outbox WHERE destination = ?1");
            connection.query_row(&sql, [destination], whole_count)
        })
    }

    /// How many points wait for each destination that has any.
    pub fn outboxes(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.read(|connection| {
            connection
                .prepare(&format!("SELECT {COUNT}, destination FROM outbox GROUP BY destination"))?
                .query_map([], |row| Ok((row.get(1)?, whole_count(row)?)))?
                .collect()
        })
    }
}

/// Removes points from the ranges of an outbox.
pub(crate) fn take_out(
    transaction: &Transaction<'_>,
    destination: &str,
    ids: &[PendingId],
) -> rusqlite::Result<()> {
    // What sticks out of the removed range stays: behind it, and before it.
    let mut keep_behind = transaction.prepare(
        "INSERT INTO outbox SELECT destination, run, ?3 + 1, last FROM outbox
         WHERE destination = ?1 AND run = ?2 AND first <= ?3 AND last > ?3",
    )?;
    let mut keep_before = transaction.prepare(
        "UPDATE outbox SET last = ?3 - 1 WHERE destination = ?1 AND run = ?2 AND first < ?3 AND last >= ?3",
    )?;
    let mut remove = transaction
        .prepare("DELETE FROM outbox WHERE destination = ?1 AND run = ?2 AND first BETWEEN ?3 AND ?4")?;
    for range in ids.chunk_by(|id, next| id.run == next.run && id.position + 1 == next.position) {
        let (PendingId { run, position: first }, last) = (range[0], range[range.len() - 1].position);
        keep_behind.execute(params![destination, run.0, last])?;
        keep_before.execute(params![destination, run.0, first])?;
        remove.execute(params![destination, run.0, first, last])?;
    }
    Ok(())
}

fn pending(row: &Row<'_>) -> rusqlite::Result<Pending> {
    // By number: names are looked up for each row.
    let interval = Duration::from_secs(row.get::<_, i64>(4)?.unsigned_abs());
    let unit: String = row.get(5)?;
    Ok(Pending {
        id: PendingId::of_row(row)?,
        point: Point {
            key: row.get(2)?,
            kind: match row.get_ref(3)?.as_str()? {
                "count" => Kind::Count { interval },
                "rate" => Kind::Rate { interval },
                _ => Kind::Gauge,
            },
            unit: Some(unit).filter(|unit| !unit.is_empty()),
            tags: tags(row.get_ref(6)?)?.into_iter().collect(),
            timestamp: time(row.get(7)?),
            value: row.get(8)?,
        },
    })
}

/// The tags of a series, which are kept with commas between them.
pub(crate) fn tags(text: ValueRef<'_>) -> rusqlite::Result<Vec<Tag>> {
    let invalid = |error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error));
    let tags = text.as_str()?.split(',').filter(|tag| !tag.is_empty());
    tags.map(|tag| Tag::parse(tag).map_err(invalid)).collect()
}

fn whole_count(row: &Row<'_>) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(0)?.unsigned_abs())
}
