//! The outbox: points that a destination has neither accepted nor refused yet, in the order in which they were
//! collected.

use std::{collections::BTreeMap, ops::Range, time::SystemTime};

use rusqlite::{Connection, Row, Statement, ToSql, Transaction, params};
use system_health_registry::Point;

use crate::{
    PendingId, RunId, Store, StoreError,
    convert::{saturating_i64, seconds},
    ids::IdRange,
    points::{POINT_COLUMNS, PointReader},
};

/// The SQL expression for the number of points in rows of the outbox.
const COUNT: &str = "coalesce(sum(last - first + 1), 0)";

/// A point that waits to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingPoint {
    /// Its position in the outbox.
    pub id: PendingId,
    /// The point.
    pub point: Point,
}

impl Store {
    /// The next points that wait for a destination, optionally only those after a position. The oldest run comes first.
    /// Points that are being sent are not included.
    pub fn pending(
        &self,
        destination: &str,
        limit: usize,
        after: Option<PendingId>,
    ) -> Result<Vec<PendingPoint>, StoreError> {
        let (run, position) = after.map_or((i64::MIN, i64::MIN), |id| (id.run.0, id.position));
        self.read(|connection| {
            let mut points = PointReader::default();
            connection
                .prepare(&format!(
                    "SELECT points.run, position, {POINT_COLUMNS}
                     FROM outbox
                     CROSS JOIN points ON points.run = outbox.run
                         AND position BETWEEN iif(outbox.run = ?3, max(first, ?4 + 1), first) AND last
                     CROSS JOIN series ON series.id = series
                     CROSS JOIN runs ON runs.id = outbox.run
                     WHERE destination = ?1 AND outbox.run >= ?3 AND sending_since IS NULL
                     ORDER BY outbox.run, first, position LIMIT ?2"
                ))?
                .query_map(params![destination, saturating_i64(limit), run, position], |row| {
                    Ok(PendingPoint { id: PendingId::from_row(row)?, point: points.read(row, 2)? })
                })?
                .collect()
        })
    }

    /// Removes points from an outbox. Either the destination has accepted them or refused them for good, or their fate is
    /// unknown and they must not arrive twice. Points that another process has already removed are ignored.
    pub fn settle(&self, destination: &str, ids: &[PendingId]) -> Result<(), StoreError> {
        self.write(|transaction| remove_from_outbox(transaction, destination, ids))
    }

    /// Removes the waiting points whose time is outside of a range, and returns their number. They stay in the history.
    pub fn expire(&self, destination: &str, times: &Range<SystemTime>) -> Result<u64, StoreError> {
        self.drop_waiting(
            "run IN (SELECT id FROM runs WHERE timestamp < ?2 OR timestamp >= ?3)",
            params![destination, seconds(times.start), seconds(times.end)],
        )
    }

    /// Removes the waiting points of all runs before this one, and returns their number. They stay in the history.
    pub fn supersede(&self, destination: &str, run: RunId) -> Result<u64, StoreError> {
        self.drop_waiting("run < ?2", params![destination, run.0])
    }

    /// Removes the points of the destination `?1` that fulfil a condition and are not being sent. Returns their number.
    fn drop_waiting(&self, condition: &str, params: &[&dyn ToSql]) -> Result<u64, StoreError> {
        let dropped = format!("FROM outbox WHERE destination = ?1 AND sending_since IS NULL AND {condition}");
        let count = format!("SELECT {COUNT} {dropped}");
        // Usually there are none, and a read does not need the write lock.
        if self.read(|connection| connection.query_row(&count, params, read_count))? == 0 {
            return Ok(0);
        }
        self.write(|transaction| {
            let number = transaction.query_row(&count, params, read_count)?;
            transaction.execute(&format!("DELETE {dropped}"), params)?;
            Ok(number)
        })
    }

    /// Removes the unsettled points and events of destinations that are not in this list, if they are from before a time.
    /// Returns how many were removed for each destination. The points stay in the history.
    pub fn drop_abandoned(
        &self,
        destinations: &[&str],
        before: SystemTime,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let before = seconds(before);
        let old = "run IN (SELECT id FROM runs WHERE timestamp < ?1)";
        let counts = format!(
            "SELECT destination, {COUNT} FROM outbox WHERE {old} GROUP BY destination
             UNION ALL
             SELECT destination, count(*) FROM events WHERE state <> 'settled' AND timestamp < ?1 GROUP BY destination"
        );
        let count = |connection: &Connection| -> rusqlite::Result<BTreeMap<String, u64>> {
            let mut abandoned = BTreeMap::new();
            let mut statement = connection.prepare(&counts)?;
            let mut rows = statement.query([before])?;
            while let Some(row) = rows.next()? {
                let destination: String = row.get(0)?;
                if !destinations.contains(&destination.as_str()) {
                    *abandoned.entry(destination).or_default() += row.get::<_, i64>(1)?.unsigned_abs();
                }
            }
            Ok(abandoned)
        };
        // Usually there are none, and a read does not need the write lock.
        if self.read(count)?.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.write(|transaction| {
            let abandoned = count(transaction)?;
            for destination in abandoned.keys() {
                let parameters = params![before, destination];
                transaction
                    .execute(&format!("DELETE FROM outbox WHERE destination = ?2 AND {old}"), parameters)?;
                transaction.execute(
                    "DELETE FROM events WHERE destination = ?2 AND state <> 'settled' AND timestamp < ?1",
                    parameters,
                )?;
            }
            Ok(abandoned)
        })
    }

    /// The number of points that wait for a destination, without those that are being sent.
    pub fn pending_count(&self, destination: &str) -> Result<u64, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {COUNT} FROM outbox WHERE destination = ?1 AND sending_since IS NULL");
            connection.query_row(&sql, [destination], read_count)
        })
    }

    /// The number of waiting points for each destination that has any, without those that are being sent.
    pub fn pending_counts(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.read(|connection| {
            connection
                .prepare(&format!(
                    "SELECT {COUNT}, destination FROM outbox WHERE sending_since IS NULL GROUP BY destination"
                ))?
                .query_map([], |row| Ok((row.get(1)?, read_count(row)?)))?
                .collect()
        })
    }
}

/// The points of one run in the outbox of a destination.
pub(crate) fn points_of_run(
    transaction: &Transaction<'_>,
    destination: &str,
    run: RunId,
) -> rusqlite::Result<Vec<Point>> {
    let mut points = PointReader::default();
    transaction
        .prepare(&format!(
            "SELECT {POINT_COLUMNS}
             FROM outbox
             CROSS JOIN points ON points.run = outbox.run AND position BETWEEN first AND last
             CROSS JOIN series ON series.id = series
             CROSS JOIN runs ON runs.id = outbox.run
             WHERE destination = ?1 AND outbox.run = ?2 ORDER BY position"
        ))?
        .query_map(params![destination, run.0], |row| points.read(row, 0))?
        .collect()
}

/// Removes points from the ranges of an outbox.
pub(crate) fn remove_from_outbox(
    transaction: &Transaction<'_>,
    destination: &str,
    ids: &[PendingId],
) -> rusqlite::Result<()> {
    let mut splitter = Splitter::new(transaction, destination)?;
    let mut remove = transaction
        .prepare("DELETE FROM outbox WHERE destination = ?1 AND run = ?2 AND first BETWEEN ?3 AND ?4")?;
    for range in IdRange::from_ids(ids) {
        splitter.isolate(range)?;
        remove.execute(params![destination, range.run.0, range.first, range.last])?;
    }
    Ok(())
}

/// Splits a range of an outbox into two.
pub(crate) struct Splitter<'t> {
    destination: &'t str,
    insert_tail: Statement<'t>,
    shorten: Statement<'t>,
}

impl<'t> Splitter<'t> {
    pub(crate) fn new(transaction: &'t Transaction<'_>, destination: &'t str) -> rusqlite::Result<Self> {
        // Ranges do not overlap, so only the last range that starts before a position can contain it.
        let around = "destination = ?1 AND run = ?2 AND last >= ?3
             AND first = (SELECT max(first) FROM outbox WHERE destination = ?1 AND run = ?2 AND first < ?3)";
        Ok(Self {
            destination,
            insert_tail: transaction.prepare(&format!(
                "INSERT INTO outbox (destination, run, first, last, sending_since)
                 SELECT destination, run, ?3, last, sending_since FROM outbox WHERE {around}"
            ))?,
            shorten: transaction.prepare(&format!("UPDATE outbox SET last = ?3 - 1 WHERE {around}"))?,
        })
    }

    /// Splits ranges at both ends of this range, so that each lies either inside or outside of it.
    pub(crate) fn isolate(&mut self, IdRange { run, first, last }: IdRange) -> rusqlite::Result<()> {
        for start in [first, last + 1] {
            let parameters = params![self.destination, run.0, start];
            if self.insert_tail.execute(parameters)? > 0 {
                self.shorten.execute(parameters)?;
            }
        }
        Ok(())
    }
}

fn read_count(row: &Row<'_>) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(0)?.unsigned_abs())
}
