//! The history: what earlier runs found.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, params};
use system_health_registry::Tag;

use crate::{
    Store, StoreError,
    outbox::tags,
    store::{seconds, time},
};

/// What one run found for one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// The metric's key.
    pub key: String,
    /// The time that the run's points carry.
    pub time: SystemTime,
    /// How long the collection took.
    pub duration: Duration,
    /// What was found.
    pub found: Found,
}

/// How a metric ended an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Its samples.
    Value(Vec<PastSample>),
    /// Nothing to say, with the reason.
    NoData(String),
    /// A failure, with all causes.
    Error(String),
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

type Samples = BTreeMap<(i64, String), Vec<PastSample>>;

impl Store {
    /// What runs found since a time, by key and then by time. Of several runs with one time the last
    /// counts.
    pub fn history(&self, key: Option<&str>, since: SystemTime) -> Result<Vec<HistoryEntry>, StoreError> {
        self.read(|connection| {
            let mut samples = samples(connection, key, since)?;
            let mut entries = BTreeMap::new();
            let mut outcomes = connection.prepare(
                "SELECT run, key, timestamp, state, said, outcomes.duration_ms
                 FROM runs JOIN outcomes ON run = runs.id
                 WHERE timestamp >= ?1 AND (?2 IS NULL OR key = ?2) ORDER BY run",
            )?;
            let mut rows = outcomes.query(params![seconds(since), key])?;
            while let Some(row) = rows.next()? {
                let (run, key): (i64, String) = (row.get("run")?, row.get("key")?);
                let time = time(row.get("timestamp")?);
                let said = row.get("said")?;
                let found = match row.get_ref("state")?.as_str()? {
                    "value" => Found::Value(samples.remove(&(run, key.clone())).unwrap_or_default()),
                    "no_data" => Found::NoData(said),
                    _ => Found::Error(said),
                };
                let duration = Duration::from_millis(row.get::<_, i64>("duration_ms")?.unsigned_abs());
                entries.insert((key.clone(), time), HistoryEntry { key, time, duration, found });
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

    /// When each metric last had a value, also if that run is forgotten.
    pub fn last_values(&self) -> Result<BTreeMap<String, SystemTime>, StoreError> {
        self.read(|connection| {
            connection
                .prepare("SELECT key, timestamp FROM last_values")?
                .query_map([], |row| Ok((row.get(0)?, time(row.get(1)?))))?
                .collect()
        })
    }
}

fn samples(connection: &Connection, key: Option<&str>, since: SystemTime) -> rusqlite::Result<Samples> {
    let mut samples = Samples::new();
    let mut points = connection.prepare(
        "SELECT run, key, value, unit, tags
         FROM runs JOIN points ON run = runs.id JOIN series ON series.id = series
         WHERE timestamp >= ?1 AND (?2 IS NULL OR key = ?2) ORDER BY run, position",
    )?;
    let mut rows = points.query(params![seconds(since), key])?;
    while let Some(row) = rows.next()? {
        let unit: String = row.get(3)?;
        samples.entry((row.get(0)?, row.get(1)?)).or_default().push(PastSample {
            value: row.get(2)?,
            unit: Some(unit).filter(|unit| !unit.is_empty()),
            tags: tags(row.get_ref(4)?)?,
        });
    }
    Ok(samples)
}
