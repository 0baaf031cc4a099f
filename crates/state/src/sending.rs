//! Points that are being sent to a backend that adds up repeated points. They are marked before they are sent. If the
//! process is killed after that, they may have arrived, so they are never sent again. They are removed and
//! counted when they have been marked for so long that no process can still be sending them.

use std::{collections::BTreeSet, time::SystemTime};

use rusqlite::{Transaction, params};

use crate::{
    PendingId, RunId, Store, StoreError,
    convert::{FAR_AHEAD, seconds},
    ids::IdRange,
    outbox::Splitter,
};

impl Store {
    /// Marks points as being sent, and returns the points that the caller may send now, sorted by position. The others are
    /// no longer waiting: another process is sending them or has removed them.
    pub fn begin_sending(
        &self,
        destination: &str,
        ids: &[PendingId],
        now: SystemTime,
    ) -> Result<Vec<PendingId>, StoreError> {
        self.write(|transaction| {
            let marked = mark(transaction, destination, ids, Mark::Sending { since: seconds(now) })?;
            Ok(marked.into_iter().flat_map(IdRange::ids).collect())
        })
    }

    /// Returns points to the outbox, because they have certainly not arrived. Points that another process has removed stay
    /// removed.
    pub fn return_to_outbox(&self, destination: &str, ids: &[PendingId]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let returned = mark(transaction, destination, ids, Mark::Waiting)?;
            let runs: BTreeSet<RunId> = returned.iter().map(|range| range.run).collect();
            runs.into_iter().try_for_each(|run| join_ranges(transaction, destination, run))
        })
    }

    /// Removes the points that were marked as being sent before a time, or by a wrong clock, and returns their number. They
    /// may have arrived.
    pub fn give_up_sending(&self, destination: &str, before: SystemTime) -> Result<u64, StoreError> {
        let given_up = "FROM outbox WHERE destination = ?1 AND sending_since NOT BETWEEN ?2 AND ?2 + ?3";
        let parameters = params![destination, seconds(before), FAR_AHEAD];
        // Usually there are none, and a read does not need the write lock.
        let any = format!("SELECT EXISTS (SELECT 1 {given_up})");
        if !self.read(|connection| connection.query_row(&any, parameters, |row| row.get(0)))? {
            return Ok(0);
        }
        self.write(|transaction| {
            let lengths = transaction
                .prepare(&format!("DELETE {given_up} RETURNING last - first + 1"))?
                .query_map(parameters, |row| row.get::<_, i64>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lengths.into_iter().map(i64::unsigned_abs).sum())
        })
    }
}

/// The state of the points in a row of the outbox.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Waiting,
    Sending { since: i64 },
}

/// Marks points, and returns those whose mark has changed. Points that are no longer in the outbox are ignored.
fn mark(
    transaction: &Transaction<'_>,
    destination: &str,
    ids: &[PendingId],
    mark: Mark,
) -> rusqlite::Result<Vec<IdRange>> {
    let (since, has_other_mark) = match mark {
        Mark::Waiting => (None, "sending_since IS NOT NULL"),
        Mark::Sending { since } => (Some(since), "sending_since IS NULL"),
    };
    let mut splitter = Splitter::new(transaction, destination)?;
    let mut update = transaction.prepare(&format!(
        "UPDATE outbox SET sending_since = ?5
         WHERE destination = ?1 AND run = ?2 AND first BETWEEN ?3 AND ?4 AND {has_other_mark} RETURNING first, last"
    ))?;
    let mut marked = Vec::new();
    for range in IdRange::from_ids(ids) {
        splitter.isolate(range)?;
        let parameters = params![destination, range.run.0, range.first, range.last, since];
        let rows = update
            .query_map(parameters, |row| Ok(IdRange { first: row.get(0)?, last: row.get(1)?, ..range }))?;
        for row in rows {
            marked.push(row?);
        }
    }
    marked.sort_unstable();
    Ok(marked)
}

/// Joins adjacent waiting ranges of a run. If they stayed split, there would gradually be one row for each point.
fn join_ranges(transaction: &Transaction<'_>, destination: &str, run: RunId) -> rusqlite::Result<()> {
    let waiting: Vec<IdRange> = transaction
        .prepare(
            "SELECT first, last FROM outbox
             WHERE destination = ?1 AND run = ?2 AND sending_since IS NULL ORDER BY first",
        )?
        .query_map(params![destination, run.0], |row| {
            Ok(IdRange { run, first: row.get(0)?, last: row.get(1)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut remove = transaction
        .prepare("DELETE FROM outbox WHERE destination = ?1 AND run = ?2 AND first > ?3 AND first <= ?4")?;
    let mut extend = transaction
        .prepare("UPDATE outbox SET last = ?4 WHERE destination = ?1 AND run = ?2 AND first = ?3")?;
    for ranges in waiting.chunk_by(|range, next| range.last + 1 == next.first) {
        if let [first, .., last] = ranges {
            let parameters = params![destination, run.0, first.first, last.last];
            remove.execute(parameters)?;
            extend.execute(parameters)?;
        }
    }
    Ok(())
}
