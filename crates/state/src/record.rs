//! Records a run: its results, and the points to deliver.

use std::slice;

use rusqlite::{OptionalExtension, Transaction, params};
use system_health_registry::{Point, Report, Unavailable};

use crate::{
    PendingId, Recipient, RunId, Store, StoreError,
    convert::{milliseconds, saturating_i64, seconds},
    outbox::{points_of_run, remove_from_outbox},
    points::PointWriter,
    temporality::{convert_for, may_be_converted},
};

impl Store {
    /// Records a run with its outcomes and points in one transaction. The points are added to the outbox of each
    /// recipient.
    ///
    /// If a point with the same series and time is already waiting, it is removed, because it could overwrite the newer
    /// value if it were delivered later. If the recipient [adds up](Recipient::adds_up) points of this kind and gets them only
    /// [once](Recipient::gets_one_point_per_time), the earlier point counts instead, and the new one is not added.
    pub fn record_for(&self, report: &Report, recipients: &[Recipient]) -> Result<RunId, StoreError> {
        self.write(|transaction| insert(transaction, report, recipients))
    }

    /// The points that [`record_for`](Self::record_for) would add to the outbox of a recipient. Records nothing.
    pub fn points_for(&self, report: &Report, recipient: &Recipient) -> Result<Vec<Point>, StoreError> {
        self.discard(|transaction| {
            let run = insert(transaction, report, slice::from_ref(recipient))?;
            points_of_run(transaction, &recipient.destination, run)
        })
    }

    /// Calls [`record_for`](Self::record_for) for destinations that get every point.
    pub fn record(&self, report: &Report, destinations: &[&str]) -> Result<RunId, StoreError> {
        let recipients: Vec<Recipient> =
            destinations.iter().map(|destination| (*destination).into()).collect();
        self.record_for(report, &recipients)
    }

    /// The number of points of a run that were not added to the outbox, because an earlier run had already added a point
    /// with the same series and time, or a total of the counter with the same or a later time.
    pub fn repeated_count(&self, destination: &str, run: RunId) -> Result<u64, StoreError> {
        self.number_of_recipient("repeated", destination, run)
    }

    /// The number of counters of a run whose totals were not added to the outbox, because the destination gets increases and
    /// the previous total is not known.
    pub fn baseline_count(&self, destination: &str, run: RunId) -> Result<u64, StoreError> {
        self.number_of_recipient("baselines", destination, run)
    }

    /// The number of points of a run that were not added to the outbox, because they continue those of earlier runs, which
    /// the store does not have. See [`Continuity`](crate::Continuity).
    pub fn withheld_count(&self, destination: &str, run: RunId) -> Result<u64, StoreError> {
        self.number_of_recipient("withheld", destination, run)
    }

    fn number_of_recipient(&self, column: &str, destination: &str, run: RunId) -> Result<u64, StoreError> {
        self.read(|connection| {
            let number = connection
                .query_row(
                    &format!("SELECT {column} FROM recipients WHERE destination = ?1 AND run = ?2"),
                    params![destination, run.0],
                    |row| row.get::<_, i64>(0),
                )
                .optional()?;
            Ok(number.unwrap_or_default().unsigned_abs())
        })
    }
}

/// Writes a run, and its points into the outbox of each recipient.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    report: &Report,
    recipients: &[Recipient],
) -> rusqlite::Result<RunId> {
    let run = insert_run(transaction, report)?;
    let mut points = PointWriter::new(transaction, run)?;
    let convertible = insert_outcomes(&mut points, transaction, report)?;
    let count = points.count();
    if count > 0 {
        let started_at = report.run().started_at();
        for recipient in recipients {
            if !add_recipient(transaction, run, recipient)? {
                continue;
            }
            put_into_outbox(transaction, run, count, recipient)?;
            convert_for(recipient, transaction, &mut points, &convertible, started_at)?;
        }
    }
    Ok(run)
}

/// Adds a recipient to a run. Returns whether it is new, so that the points are put into its outbox only once.
fn add_recipient(transaction: &Transaction<'_>, run: RunId, recipient: &Recipient) -> rusqlite::Result<bool> {
    let inserted = transaction.execute(
        "INSERT INTO recipients (destination, run, repeated) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
        params![recipient.destination, run.0],
    )?;
    Ok(inserted > 0)
}

fn put_into_outbox(
    transaction: &Transaction<'_>,
    run: RunId,
    count: i64,
    Recipient { destination, adds_up, gets_one_point_per_time, .. }: &Recipient,
) -> rusqlite::Result<()> {
    let kinds_once = if *gets_one_point_per_time { adds_up.join(",") } else { String::new() };
    let repeated = repeated(transaction, run, destination, &kinds_once)?;
    transaction.execute(
        "UPDATE recipients SET repeated = ?3 WHERE destination = ?1 AND run = ?2",
        params![destination, run.0, saturating_i64(repeated.len())],
    )?;
    remove_replaced(transaction, run, destination, &kinds_once)?;
    transaction.execute(
        "INSERT INTO outbox (destination, run, first, last) VALUES (?1, ?2, 0, ?3)",
        params![destination, run.0, count - 1],
    )?;
    remove_from_outbox(transaction, destination, &repeated)
}

fn insert_run(transaction: &Transaction<'_>, report: &Report) -> rusqlite::Result<RunId> {
    transaction.execute(
        "INSERT INTO runs (timestamp, started_at_ms, duration_ms, trace) VALUES (?1, ?2, ?3, ?4)",
        params![
            seconds(report.timestamp()),
            milliseconds(report.run().started_at()),
            saturating_i64(report.run().duration().as_millis()),
            report.trace_id().map(|trace| trace.to_string()),
        ],
    )?;
    Ok(RunId(transaction.last_insert_rowid()))
}

/// Writes the outcomes with their points. Returns the points that some destinations get in another form or not at all.
fn insert_outcomes(
    points: &mut PointWriter<'_>,
    transaction: &Transaction<'_>,
    report: &Report,
) -> rusqlite::Result<Vec<(PendingId, Point)>> {
    let mut insert = transaction.prepare(
        "INSERT INTO outcomes (run, key, subject, state, message, failed_items, duration_ms, first, last)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let mut update_last_value = transaction.prepare(
        "INSERT INTO last_values (key, subject, timestamp, seen) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT DO UPDATE SET timestamp = excluded.timestamp, seen = excluded.seen",
    )?;
    let mut update_seen = transaction.prepare(
        "INSERT INTO last_values (key, subject, timestamp, seen) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT DO UPDATE SET seen = excluded.seen",
    )?;
    let mut convertible = Vec::new();
    for outcome in report.run().outcomes() {
        let (key, subject) =
            (outcome.metric.key(), outcome.subject.as_ref().map_or("", |subject| subject.name()));
        let collected = params![key, subject, seconds(report.timestamp())];
        let message = match &outcome.result {
            Ok(_) => {
                update_last_value.execute(collected)?;
                outcome.failed_items().first().map(ToString::to_string).unwrap_or_default()
            }
            Err(unavailable) => {
                update_seen.execute(collected)?;
                match unavailable {
                    Unavailable::NoData(no_data) => no_data.reason().to_owned(),
                    Unavailable::Error(error) => error.to_string(),
                }
            }
        };
        let first = points.count();
        for point in report.points_of(outcome) {
            let id = points.write(&point)?;
            if may_be_converted(&point) {
                convertible.push((id, point));
            }
        }
        insert.execute(params![
            points.run().0,
            key,
            subject,
            outcome.state().name(),
            message,
            saturating_i64(outcome.failed_items().len()),
            saturating_i64(outcome.duration.as_millis()),
            first,
            points.count() - 1
        ])?;
    }
    Ok(convertible)
}

/// Whether the kind of a series is in the list `?3`, which is separated by commas.
pub(crate) const KIND_IS_IN_LIST: &str = "instr(',' || ?3 || ',', ',' || kind || ',') > 0";

/// The points of a run that are not added, because the destination gets points of these kinds only once for each time, and an
/// earlier run with the same time has already added them.
fn repeated(
    transaction: &Transaction<'_>,
    run: RunId,
    destination: &str,
    kinds_once: &str,
) -> rusqlite::Result<Vec<PendingId>> {
    if kinds_once.is_empty() {
        return Ok(Vec::new());
    }
    transaction
        .prepare(&format!(
            "SELECT points.run, position FROM points CROSS JOIN series ON series.id = series
             WHERE points.run = ?2 AND {KIND_IS_IN_LIST} AND series IN (
                 SELECT series FROM runs AS own
                 CROSS JOIN runs AS earlier ON earlier.timestamp = own.timestamp AND earlier.id <> own.id
                 CROSS JOIN recipients ON destination = ?1 AND recipients.run = earlier.id
                 CROSS JOIN points ON points.run = earlier.id
                 WHERE own.id = ?2)
             ORDER BY position"
        ))?
        .query_map(params![destination, run.0, kinds_once], PendingId::from_row)?
        .collect()
}

/// Removes the waiting points that a new run with the same time replaces, except those of kinds that the destination gets only
/// once. Points that are being sent stay, because the process that sends them also settles them.
fn remove_replaced(
    transaction: &Transaction<'_>,
    run: RunId,
    destination: &str,
    kinds_once: &str,
) -> rusqlite::Result<()> {
    let replaced: Vec<PendingId> = transaction
        .prepare(&format!(
            "SELECT points.run, position
             FROM runs AS own
             CROSS JOIN runs AS earlier ON earlier.timestamp = own.timestamp AND earlier.id <> own.id
             CROSS JOIN outbox ON destination = ?1 AND outbox.run = earlier.id AND sending_since IS NULL
             CROSS JOIN points ON points.run = earlier.id AND position BETWEEN first AND last
             CROSS JOIN series ON series.id = series
             WHERE own.id = ?2 AND NOT {KIND_IS_IN_LIST} AND series IN (SELECT series FROM points WHERE run = ?2)
             ORDER BY points.run, position"
        ))?
        .query_map(params![destination, run.0, kinds_once], PendingId::from_row)?
        .collect::<rusqlite::Result<_>>()?;
    remove_from_outbox(transaction, destination, &replaced)
}
