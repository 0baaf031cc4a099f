//! The history: the results of earlier runs.

use std::{
    collections::{BTreeMap, BTreeSet},
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

/// Which results to read.
#[derive(Debug, Clone, Copy)]
pub struct HistoryFilter<'a> {
    /// The key of the only metric. `None`: all metrics.
    pub key: Option<&'a str>,
    /// The name of the only subject; empty for results without a subject. `None`: all subjects.
    pub subject: Option<&'a str>,
    /// The time of the oldest results.
    pub since: SystemTime,
}

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
    /// Whether the result was computed later, by a backfill.
    pub backfilled: bool,
    /// The result.
    pub result: PastResult,
    /// The trace of the run, if spans were collected.
    pub trace: Option<TraceId>,
}

/// How a metric ended in an earlier run.
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

impl HistoryFilter<'_> {
    /// The condition for outcomes, where `?1` is the key and `?2` the subject. If both are given, the outcome of a run is
    /// found by its primary key.
    pub(crate) fn condition(&self) -> String {
        let key = if self.key.is_some() { "key = ?1" } else { "?1 IS NULL" };
        let subject = if self.subject.is_some() { "subject = ?2" } else { "?2 IS NULL" };
        format!("{key} AND {subject}")
    }
}

impl PastResult {
    /// The number of values and of stored messages: a reason, an error, or the first failed item.
    fn row_count(&self) -> usize {
        match self {
            Self::Value { samples, failures } => samples.len() + usize::from(failures.is_some()),
            Self::NoData(_) | Self::Error(_) => 1,
        }
    }
}

impl Store {
    /// The results of all runs since a time, sorted by key, subject and time. Of several runs with the same time, only the
    /// last one is included.
    pub fn history(&self, key: Option<&str>, since: SystemTime) -> Result<Vec<HistoryEntry>, StoreError> {
        let filter = HistoryFilter { key, subject: None, since };
        // No file has more rows than this limit.
        Ok(self.history_up_to(usize::MAX, &filter)?.unwrap_or_default())
    }

    /// Results in the same order as in [`history`](Self::history), but `None` if more rows than `max_rows` were recorded. A row
    /// is a value, a message (the reason why there was no value, or the first failed item), or a result that a later run with
    /// the same time replaced. Reading stops at the first row that exceeds the maximum.
    pub fn history_up_to(
        &self,
        max_rows: usize,
        filter: &HistoryFilter<'_>,
    ) -> Result<Option<Vec<HistoryEntry>>, StoreError> {
        // Each outcome has at least one row, so this many outcomes are already too many rows. The others need not be sorted.
        let max_outcomes = i64::try_from(max_rows).unwrap_or(i64::MAX).saturating_add(1);
        let condition = filter.condition();
        self.read(|connection| {
            let mut samples = SampleReader::new(connection)?;
            let mut outcomes = connection.prepare(&format!(
                "WITH found AS MATERIALIZED (
                     SELECT outcomes.*, timestamp, trace, backfilled FROM runs JOIN outcomes ON run = runs.id
                     WHERE timestamp >= ?3 AND {condition} LIMIT ?4)
                 SELECT * FROM found ORDER BY key, subject, timestamp, run DESC"
            ))?;
            let mut outcomes =
                outcomes.query(params![filter.key, filter.subject, seconds(filter.since), max_outcomes])?;
            let (mut entries, mut rows) = (Vec::<HistoryEntry>::new(), 0);
            while let Some(row) = outcomes.next()? {
                if is_replaced(row, entries.last())? {
                    rows += 1;
                } else {
                    let entry = entry(row, &mut samples)?;
                    rows += entry.result.row_count();
                    entries.push(entry);
                }
                if rows > max_rows {
                    return Ok(None);
                }
            }
            Ok(Some(entries))
        })
    }

    /// The last run in which a metric had a value for a subject, and whose points were added to the outbox of a destination.
    /// Returns the time of its points, and when it started. The subject is empty for a metric without subjects. A run more than a
    /// day after `now` had a wrong clock and is skipped. Of several runs with the same time, the first one is returned.
    pub fn last_for_delivery(
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
    pub fn has_results_of(&self, key: &str) -> Result<bool, StoreError> {
        self.read(|connection| {
            connection
                .query_row("SELECT EXISTS (SELECT 1 FROM outcomes WHERE key = ?1)", [key], |row| row.get(0))
        })
    }

    /// The keys of all metrics that the history has results of.
    pub fn recorded_keys(&self) -> Result<BTreeSet<String>, StoreError> {
        self.read(|connection| {
            connection
                .prepare("SELECT DISTINCT key FROM outcomes")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
    }

    /// The time of the last value of each metric and subject. If there never was a value, the time of the first run that
    /// collected the metric. These runs may have been deleted since then. The subject is empty for a metric without subjects.
    pub fn last_value_times(&self) -> Result<BTreeMap<(String, String), SystemTime>, StoreError> {
        self.read(|connection| {
            connection
                .prepare("SELECT key, subject, timestamp FROM last_values")?
                .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), time(row.get(2)?))))?
                .collect()
        })
    }
}

/// Whether the entry before this row is the result of the same metric and subject from a later run with the same time.
pub(crate) fn is_replaced(row: &Row<'_>, before: Option<&HistoryEntry>) -> rusqlite::Result<bool> {
    let Some(before) = before else { return Ok(false) };
    Ok(before.time == time(row.get("timestamp")?)
        && before.subject == row.get_ref("subject")?.as_str()?
        && before.key == row.get_ref("key")?.as_str()?)
}

pub(crate) fn entry(row: &Row<'_>, samples: &mut SampleReader<'_>) -> rusqlite::Result<HistoryEntry> {
    let key: String = row.get("key")?;
    let message = row.get("message")?;
    let result = match row.get_ref("state")?.as_str()? {
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
        result,
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
