//! Values that were computed later for a past instant. They are added to the history only: no destination gets them,
//! and no total, goal or time of a last value changes.

use std::{sync::Arc, time::SystemTime};

use rusqlite::{OptionalExtension, Transaction, params};
use system_health_registry::{Outcome, Point, Report, Tag, Value};

use crate::{
    PastSample, RunId, Store, StoreError,
    convert::{milliseconds, saturating_i64, seconds},
    history::SampleReader,
    points::{PointWriter, from_json, to_json},
};

/// A computed outcome with a value, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BackfilledOutcome {
    /// The metric's key.
    pub key: String,
    /// The name of the subject; empty if the metric has no subjects.
    pub subject: String,
    /// The instant for which it was computed.
    pub time: SystemTime,
    /// What became of the outcome.
    pub result: BackfillResult,
}

/// What became of a computed outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum BackfillResult {
    /// It was added to the history.
    Added,
    /// An earlier backfill has added the same values.
    Equal,
    /// A run has a result for this time, which is kept.
    KeptFromRun,
    /// An earlier backfill has added other values, which are kept.
    Different {
        /// The values of the earlier backfill.
        stored: Vec<PastSample>,
        /// The values that were computed now.
        computed: Vec<PastSample>,
    },
}

/// An outcome in the history.
struct Stored {
    run: i64,
    backfilled: bool,
    first: i64,
    last: i64,
}

impl Store {
    /// Adds the values of reports to the history as those of a backfill, in one transaction. A report's timestamp is the
    /// instant for which it was computed. Outcomes without a value are ignored: a failure now says nothing about
    /// the past. What the history has for a metric, a subject and a time is never changed.
    pub fn backfill(&self, reports: &[Report]) -> Result<Vec<BackfilledOutcome>, StoreError> {
        self.write(|transaction| {
            let mut backfilled = Vec::new();
            for report in reports {
                for outcome in report.run().outcomes().iter().filter(|outcome| outcome.result.is_ok()) {
                    backfilled.push(BackfilledOutcome {
                        key: outcome.metric.key().to_owned(),
                        subject: subject(outcome).to_owned(),
                        time: report.timestamp(),
                        result: add(transaction, report, outcome)?,
                    });
                }
            }
            Ok(backfilled)
        })
    }
}

fn add(
    transaction: &Transaction<'_>,
    report: &Report,
    outcome: &Outcome,
) -> rusqlite::Result<BackfillResult> {
    let key = outcome.metric.key();
    let Some(stored) = find(transaction, report, key, subject(outcome))? else {
        insert(transaction, report, outcome)?;
        return Ok(BackfillResult::Added);
    };
    if !stored.backfilled {
        return Ok(BackfillResult::KeptFromRun);
    }
    let samples = SampleReader::new(transaction)?.read(stored.run, stored.first..=stored.last, key)?;
    let (stored, computed) = (sorted(samples), sorted(computed(report, outcome)?));
    Ok(if stored == computed {
        BackfillResult::Equal
    } else {
        BackfillResult::Different { stored, computed }
    })
}

fn subject(outcome: &Outcome) -> &str {
    outcome.subject.as_ref().map_or("", |subject| subject.name())
}

/// The newest outcome at the time of the report. Outcomes of runs take precedence over backfilled ones.
fn find(
    transaction: &Transaction<'_>,
    report: &Report,
    key: &str,
    subject: &str,
) -> rusqlite::Result<Option<Stored>> {
    transaction
        .prepare(
            "SELECT run, backfilled, first, last FROM runs CROSS JOIN outcomes ON run = id AND key = ?2 AND subject = ?3
             WHERE timestamp = ?1 ORDER BY backfilled, run DESC LIMIT 1",
        )?
        .query_row(params![seconds(report.timestamp()), key, subject], |row| {
            Ok(Stored { run: row.get(0)?, backfilled: row.get(1)?, first: row.get(2)?, last: row.get(3)? })
        })
        .optional()
}

fn insert(transaction: &Transaction<'_>, report: &Report, outcome: &Outcome) -> rusqlite::Result<()> {
    let run = find_or_create_run(transaction, report)?;
    let mut points = PointWriter::adding(transaction, run)?;
    let first = points.count();
    for point in report.points_of(outcome).filter(|point| point.key == outcome.metric.key()) {
        points.write(&point)?;
    }
    let message = outcome.failed_items().first().map(ToString::to_string).unwrap_or_default();
    transaction
        .prepare(
            "INSERT INTO outcomes (run, key, subject, state, message, failed_items, duration_ms, first, last)
             VALUES (?1, ?2, ?3, 'value', ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            run.0,
            outcome.metric.key(),
            subject(outcome),
            message,
            saturating_i64(outcome.failed_items().len()),
            saturating_i64(outcome.duration.as_millis()),
            first,
            points.count() - 1
        ])?;
    Ok(())
}

/// The run that contains the backfilled values of a time. It is created if necessary.
fn find_or_create_run(transaction: &Transaction<'_>, report: &Report) -> rusqlite::Result<RunId> {
    let timestamp = seconds(report.timestamp());
    let find = "SELECT id FROM runs WHERE timestamp = ?1 AND backfilled";
    if let Some(id) = transaction.query_row(find, [timestamp], |row| row.get(0)).optional()? {
        return Ok(RunId(id));
    }
    let insert =
        "INSERT INTO runs (timestamp, started_at_ms, duration_ms, backfilled) VALUES (?1, ?2, 0, TRUE)";
    transaction.execute(insert, [timestamp, milliseconds(report.run().started_at())])?;
    Ok(RunId(transaction.last_insert_rowid()))
}

/// The samples of a computed outcome, as they would be read from the file.
fn computed(report: &Report, outcome: &Outcome) -> rusqlite::Result<Vec<PastSample>> {
    let points = report.points_of(outcome).filter(|point| point.key == outcome.metric.key());
    let sample = |point: Point| -> rusqlite::Result<PastSample> {
        Ok(PastSample {
            value: as_read(point.value)?,
            unit: point.unit,
            tags: point.tags.into_iter().collect(),
        })
    };
    points.map(sample).collect()
}

/// A value as it would be read from the file. Reading JSON may change the last digit of a number in a distribution.
fn as_read(value: Value) -> rusqlite::Result<Value> {
    match value {
        Value::Distribution(distribution) => {
            Ok(Value::Distribution(Arc::new(from_json(&to_json(&distribution)?)?)))
        }
        number @ Value::Number(_) => Ok(number),
    }
}

/// The samples of a metric, sorted by their tags: the collector may return them in any order.
fn sorted(mut samples: Vec<PastSample>) -> Vec<PastSample> {
    let tags = |sample: &PastSample| sample.tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(",");
    samples.sort_by_cached_key(tags);
    samples
}
