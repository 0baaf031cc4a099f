//! Writes a run down: what it found, and what is to be delivered.

use std::time::UNIX_EPOCH;

use rusqlite::{OptionalExtension, Statement, Transaction, params};
use system_health_registry::{Point, Report, Tag, Unavailable};

use crate::{
    PendingId, RunId, Store, StoreError,
    convert::{seconds, whole},
    outbox::take_out,
};

impl Store {
    /// Records a run with its outcomes and points, all or nothing. The points go into the outbox of each of the
    /// destinations. A point that waits there with the same series and time leaves it: delivered later, it would
    /// overwrite the newer value.
    pub fn record(&self, report: &Report, destinations: &[&str]) -> Result<RunId, StoreError> {
        self.write(|transaction| {
            let run = insert_run(transaction, report)?;
            let count = insert_outcomes(transaction, run, report)?;
            if count > 0 {
                for destination in destinations {
                    replace_waiting(transaction, run, destination)?;
                    transaction.execute(
                        "INSERT INTO outbox (destination, run, first, last) VALUES (?1, ?2, 0, ?3)
                         ON CONFLICT DO NOTHING",
                        params![destination, run.0, count - 1],
                    )?;
                }
            }
            Ok(run)
        })
    }
}

fn insert_run(transaction: &Transaction<'_>, report: &Report) -> rusqlite::Result<RunId> {
    let started_at = report.run().started_at().duration_since(UNIX_EPOCH).unwrap_or_default();
    transaction.execute(
        "INSERT INTO runs (timestamp, started_at_ms, duration_ms) VALUES (?1, ?2, ?3)",
        [
            seconds(report.timestamp()),
            whole(started_at.as_millis()),
            whole(report.run().duration().as_millis()),
        ],
    )?;
    Ok(RunId(transaction.last_insert_rowid()))
}

/// Writes down the outcomes with their points, and says how many points there are.
fn insert_outcomes(transaction: &Transaction<'_>, run: RunId, report: &Report) -> rusqlite::Result<i64> {
    let mut insert = transaction.prepare(
        "INSERT INTO outcomes (run, key, subject, state, said, failed_items, duration_ms, first, last)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let mut had_value = transaction.prepare(
        "INSERT INTO last_values (key, subject, timestamp, seen) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT DO UPDATE SET timestamp = excluded.timestamp, seen = excluded.seen",
    )?;
    let mut had_none =
        transaction.prepare("UPDATE last_values SET seen = ?3 WHERE key = ?1 AND subject = ?2")?;
    let mut points = PointWriter::new(transaction, run)?;
    for outcome in report.run().outcomes() {
        let (key, subject) =
            (outcome.metric.key(), outcome.subject.as_ref().map_or("", |subject| subject.name()));
        let collected = params![key, subject, seconds(report.timestamp())];
        let said = match &outcome.result {
            Ok(_) => {
                had_value.execute(collected)?;
                outcome.failures().first().map(ToString::to_string).unwrap_or_default()
            }
            Err(unavailable) => {
                had_none.execute(collected)?;
                match unavailable {
                    Unavailable::NoData(no_data) => no_data.reason().to_owned(),
                    Unavailable::Error(error) => error.to_string(),
                }
            }
        };
        let first = points.count;
        report.points_of(outcome).try_for_each(|point| points.write(&point))?;
        insert.execute(params![
            run.0,
            key,
            subject,
            outcome.state().name(),
            said,
            whole(outcome.failures().len()),
            whole(outcome.duration.as_millis()),
            first,
            points.count - 1
        ])?;
    }
    Ok(points.count)
}

/// Writes the points of a run.
struct PointWriter<'t> {
    run: RunId,
    find: Statement<'t>,
    add: Statement<'t>,
    insert: Statement<'t>,
    count: i64,
}

impl<'t> PointWriter<'t> {
    fn new(transaction: &'t Transaction<'_>, run: RunId) -> rusqlite::Result<Self> {
        Ok(Self {
            run,
            find: transaction.prepare(
                "SELECT id FROM series WHERE key = ?1 AND tags = ?2 AND kind = ?3 AND interval = ?4 AND unit = ?5",
            )?,
            add: transaction
                .prepare("INSERT INTO series (key, tags, kind, interval, unit) VALUES (?1, ?2, ?3, ?4, ?5)")?,
            insert: transaction
                .prepare("INSERT INTO points (run, position, series, value) VALUES (?1, ?2, ?3, ?4)")?,
            count: 0,
        })
    }

    fn write(&mut self, Point { key, kind, unit, tags, value, .. }: &Point) -> rusqlite::Result<()> {
        let tags = tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(",");
        let interval = whole(kind.interval().unwrap_or_default().as_secs());
        let series = params![key, tags, kind.name(), interval, unit.as_deref().unwrap_or_default()];
        let id = match self.find.query_row(series, |row| row.get(0)).optional()? {
            Some(id) => id,
            None => self.add.insert(series)?,
        };
        self.insert.execute(params![self.run.0, self.count, id, value])?;
        self.count += 1;
        Ok(())
    }
}

/// Takes out of an outbox what a new run of the same time replaces. What is being sent stays: its fate is the sender's.
fn replace_waiting(transaction: &Transaction<'_>, run: RunId, destination: &str) -> rusqlite::Result<()> {
    let replaced: Vec<PendingId> = transaction
        .prepare(
            "SELECT points.run, position
             FROM runs AS own
             CROSS JOIN runs AS earlier ON earlier.timestamp = own.timestamp AND earlier.id <> own.id
             CROSS JOIN outbox ON destination = ?1 AND outbox.run = earlier.id AND sending_since IS NULL
             CROSS JOIN points ON points.run = earlier.id AND position BETWEEN first AND last
             WHERE own.id = ?2 AND series IN (SELECT series FROM points WHERE run = ?2)
             ORDER BY points.run, position",
        )?
        .query_map(params![destination, run.0], PendingId::from_row)?
        .collect::<rusqlite::Result<_>>()?;
    take_out(transaction, destination, &replaced)
}
