//! The history: the results of earlier runs.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};
use system_health_registry::{Tag, Value, trace::TraceId};

use crate::{
    Store, StoreError,
    convert::{FAR_AHEAD, seconds, time, time_of_milliseconds},
    points::{parse_tags, value},
};

/// The result of one run for one metric and subject.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// The metric's key.
    pub key: String,
    /// The name of the subject; empty if the metric has no subjects.
    pub subject: String,
    /// The time that the run's points carry.
    pub time: SystemTime,
    /// How long the collection took.
    pub duration: Duration,
    /// Whether it was computed later, by a backfill.
    pub backfilled: bool,
    /// The result.
    pub found: PastResult,
    /// The trace of the run, if spans were collected.
    pub trace: Option<TraceId>,
}

/// How a metric ended an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub enum PastResult {
    /// Samples.
    Value {
        /// The values.
        samples: Vec<PastSample>,
        /// The items that failed in the same run.
        failures: Option<PastFailures>,
    },
    /// No data, with the reason.
    NoData(String),
    /// An error, with all causes.
    Error(String),
}

/// Items that failed in an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFailures {
    /// The number of failed items, at least one.
    pub count: u64,
    /// The first failed item, with its error.
    pub first: String,
}

/// One value of an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub struct PastSample {
    /// The value.
    pub value: Value,
    /// Its unit.
    pub unit: Option<String>,
    /// All its tags, sorted.
    pub tags: Vec<Tag>,
}

impl Store {
    /// The results of all runs since a time, sorted by key, subject and time. Of several runs with the same time, only the
    /// last one is included.
    pub fn history(&self, key: Option<&str>, since: SystemTime) -> Result<Vec<HistoryEntry>, StoreError> {
        self.read(|connection| {
            let mut samples = SampleReader::new(connection)?;
            connection
                .prepare(
                    "SELECT run, key, subject, timestamp, trace, state, message, failed_items, duration_ms, backfilled, first, last
                     FROM (SELECT outcomes.*, timestamp, trace, backfilled, row_number() OVER (
                               PARTITION BY key, subject, timestamp ORDER BY run DESC) AS newness
                           FROM runs JOIN outcomes ON run = runs.id
                           WHERE timestamp >= ?1 AND (?2 IS NULL OR key = ?2))
                     WHERE newness = 1 ORDER BY key, subject, timestamp",
                )?
                .query_map(params![seconds(since), key], |row| entry(row, &mut samples))?
                .collect()
        })
    }

    /// The last run in which a metric had a value for a subject, and whose points some destination got: the time of its points,
    /// and when it started. The subject is empty for a metric without subjects. A run more than a day after `now` had a wrong
    /// clock and is skipped.
    pub fn last_delivered(
        &self,
        key: &str,
        subject: &str,
        now: SystemTime,
    ) -> Result<Option<(SystemTime, SystemTime)>, StoreError> {
        self.read(|connection| {
            connection
                .query_row(
                    "SELECT timestamp, started_at_ms
                     FROM runs CROSS JOIN outcomes ON run = id AND key = ?1 AND subject = ?2 AND state = 'value'
                     WHERE id IN (SELECT run FROM recipients) AND timestamp <= ?3 + ?4
                     ORDER BY timestamp DESC, id LIMIT 1",
                    params![key, subject, seconds(now), FAR_AHEAD],
                    |row| Ok((time(row.get(0)?), time_of_milliseconds(row.get(1)?))),
                )
                .optional()
        })
    }

    /// Whether the history has results of a metric.
    pub fn knows(&self, key: &str) -> Result<bool, StoreError> {
        self.read(|connection| {
            connection
                .query_row("SELECT EXISTS (SELECT 1 FROM outcomes WHERE key = ?1)", [key], |row| row.get(0))
        })
    }

    /// The time of the last value of each metric and subject, or of the first run that collected it if it never had one, also
    /// if that run was deleted. The subject is empty for a metric without subjects.
    pub fn last_values(&self) -> Result<BTreeMap<(String, String), SystemTime>, StoreError> {
        self.read(|connection| {
            connection
                .prepare("SELECT key, subject, timestamp FROM last_values")?
                .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), time(row.get(2)?))))?
                .collect()
        })
    }
}

fn entry(row: &Row<'_>, samples: &mut SampleReader<'_>) -> rusqlite::Result<HistoryEntry> {
    let key: String = row.get("key")?;
    let message = row.get("message")?;
    let found = match row.get_ref("state")?.as_str()? {
        "value" => {
            let samples = samples.read(row.get("run")?, row.get("first")?..=row.get("last")?, &key)?;
            let count = row.get::<_, i64>("failed_items")?.unsigned_abs();
            let failures = (count > 0).then_some(PastFailures { count, first: message });
            PastResult::Value { samples, failures }
        }
        "no_data" => PastResult::NoData(message),
        _ => PastResult::Error(message),
    };
    Ok(HistoryEntry {
        key,
        subject: row.get("subject")?,
        time: time(row.get("timestamp")?),
        duration: Duration::from_millis(row.get::<_, i64>("duration_ms")?.unsigned_abs()),
        backfilled: row.get("backfilled")?,
        found,
        trace: row.get_ref("trace")?.as_str_or_null()?.and_then(|trace| trace.parse().ok()),
    })
}

/// Reads the samples of one outcome at a time. This avoids a second copy of all samples in memory.
pub(crate) struct SampleReader<'c>(Statement<'c>);

impl<'c> SampleReader<'c> {
    pub(crate) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        // Points with another key were delivered under an alias.
        let points = connection.prepare(
            "SELECT value, distribution, unit, tags FROM points JOIN series ON series.id = series
             WHERE run = ?1 AND position BETWEEN ?2 AND ?3 AND key = ?4 ORDER BY position",
        )?;
        Ok(Self(points))
    }

    pub(crate) fn read(
        &mut self,
        run: i64,
        positions: RangeInclusive<i64>,
        key: &str,
    ) -> rusqlite::Result<Vec<PastSample>> {
        self.0
            .query_map(params![run, positions.start(), positions.end(), key], |row| {
                let unit: String = row.get(2)?;
                Ok(PastSample {
                    value: value(row, 0)?,
                    unit: Some(unit).filter(|unit| !unit.is_empty()),
                    tags: parse_tags(row.get_ref(3)?)?,
                })
            })?
            .collect()
    }
}
