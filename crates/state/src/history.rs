//! The history: what earlier runs found.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, params};
use system_health_registry::Tag;

use crate::{
    Store, StoreError,
    convert::{seconds, time},
    outbox::tags,
};

/// What one run found for one metric, and one of its subjects.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// The metric's key.
    pub key: String,
    /// The name of what it is about; empty if the metric has no subjects.
    pub subject: String,
    /// The time that the run's points carry.
    pub time: SystemTime,
    /// How long the collection took.
    pub duration: Duration,
    /// What was found.
    pub found: PastResult,
}

/// How a metric ended an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub enum PastResult {
    /// Its samples.
    Value {
        /// The values.
        samples: Vec<PastSample>,
        /// The items that failed beside them.
        failures: Option<PastFailures>,
    },
    /// Nothing to say, with the reason.
    NoData(String),
    /// A failure, with all causes.
    Error(String),
}

/// Items that failed in an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFailures {
    /// How many, at least one.
    pub count: u64,
    /// Which one was the first, and why it failed.
    pub first: String,
}

/// One value of an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub struct PastSample {
    /// The value.
    pub value: f64,
    /// What it counts.
    pub unit: Option<String>,
    /// All its tags, sorted.
    pub tags: Vec<Tag>,
}

/// A run and the position of a point in it.
type Position = (i64, i64);

impl Store {
    /// What runs found since a time, by key, subject and then by time. Of several runs with one time the last counts.
    pub fn history(&self, key: Option<&str>, since: SystemTime) -> Result<Vec<HistoryEntry>, StoreError> {
        self.read(|connection| {
            let mut samples = samples(connection, key, since)?;
            let mut entries = BTreeMap::new();
            let mut outcomes = connection.prepare(
                "SELECT run, key, subject, timestamp, state, said, failed_items,
                     outcomes.duration_ms, first, last
                 FROM runs JOIN outcomes ON run = runs.id
                 WHERE timestamp >= ?1 AND (?2 IS NULL OR key = ?2) ORDER BY run",
            )?;
            let mut rows = outcomes.query(params![seconds(since), key])?;
            while let Some(row) = rows.next()? {
                let (run, first, last): (i64, i64, i64) =
                    (row.get("run")?, row.get("first")?, row.get("last")?);
                let (key, subject): (String, String) = (row.get("key")?, row.get("subject")?);
                let time = time(row.get("timestamp")?);
                let said = row.get("said")?;
                let found = match row.get_ref("state")?.as_str()? {
                    "value" => {
                        let positions = (first..=last).map(|position| (run, position));
                        let samples = positions.filter_map(|position| samples.remove(&position)).collect();
                        let count = row.get::<_, i64>("failed_items")?.unsigned_abs();
                        let failures = (count > 0).then_some(PastFailures { count, first: said });
                        PastResult::Value { samples, failures }
                    }
                    "no_data" => PastResult::NoData(said),
                    _ => PastResult::Error(said),
                };
                let duration = Duration::from_millis(row.get::<_, i64>("duration_ms")?.unsigned_abs());
                let entry =
                    HistoryEntry { key: key.clone(), subject: subject.clone(), time, duration, found };
                entries.insert((key, subject, time), entry);
            }
            Ok(entries.into_values().collect())
        })
    }

    /// Whether any kept run collected a metric.
    pub fn knows(&self, key: &str) -> Result<bool, StoreError> {
        self.read(|connection| {
            connection
                .query_row("SELECT EXISTS (SELECT 1 FROM outcomes WHERE key = ?1)", [key], |row| row.get(0))
        })
    }

    /// When each metric last had a value for each of its subjects, also if that run is forgotten. The subject is empty
    /// for a metric without any.
    pub fn last_values(&self) -> Result<BTreeMap<(String, String), SystemTime>, StoreError> {
        self.read(|connection| {
            connection
                .prepare("SELECT key, subject, timestamp FROM last_values")?
                .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), time(row.get(2)?))))?
                .collect()
        })
    }
}

/// The samples of metrics, without the points under their former keys.
fn samples(
    connection: &Connection,
    key: Option<&str>,
    since: SystemTime,
) -> rusqlite::Result<HashMap<Position, PastSample>> {
    let mut points = connection.prepare(
        "SELECT points.run, position, value, unit, tags
         FROM runs
         JOIN outcomes ON outcomes.run = runs.id
         JOIN points ON points.run = runs.id AND position BETWEEN first AND last
         JOIN series ON series.id = series AND series.key = outcomes.key
         WHERE timestamp >= ?1 AND (?2 IS NULL OR outcomes.key = ?2)",
    )?;
    let mut rows = points.query(params![seconds(since), key])?;
    let mut samples = HashMap::new();
    while let Some(row) = rows.next()? {
        let unit: String = row.get(3)?;
        let sample = PastSample {
            value: row.get(2)?,
            unit: Some(unit).filter(|unit| !unit.is_empty()),
            tags: tags(row.get_ref(4)?)?,
        };
        samples.insert((row.get(0)?, row.get(1)?), sample);
    }
    Ok(samples)
}
