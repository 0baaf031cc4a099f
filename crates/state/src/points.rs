//! Writes and reads points.

use std::{
    collections::BTreeSet,
    hash::Hasher as _,
    mem,
    sync::Arc,
    time::{Duration, SystemTime},
};

use fnv::FnvHasher;
use rusqlite::{
    OptionalExtension, Row, Statement, Transaction, params,
    types::{Type, ValueRef},
};
use system_health_registry::{Distribution, Kind, Point, Tag, Value};

use crate::{
    PendingId, RunId,
    convert::{milliseconds, saturating_i64, time, time_of_milliseconds},
};

/// The columns that [`PointReader`] reads, in their order.
pub(crate) const POINT_COLUMNS: &str =
    "key, kind, interval, unit, tags, timestamp, value, distribution, since_ms, started_at_ms";

/// Writes the points of a run.
pub(crate) struct PointWriter<'t> {
    run: RunId,
    find_series: Statement<'t>,
    insert_series: Statement<'t>,
    insert_point: Statement<'t>,
    count: i64,
    /// The tags of the last point, as text. The next point uses the memory of the text again.
    tags: String,
}

impl<'t> PointWriter<'t> {
    pub(crate) fn new(transaction: &'t Transaction<'_>, run: RunId) -> rusqlite::Result<Self> {
        Ok(Self {
            run,
            find_series: transaction.prepare(
                "SELECT id FROM series
                 WHERE hash = ?6 AND key = ?1 AND tags = ?2 AND kind = ?3 AND interval = ?4 AND unit = ?5",
            )?,
            insert_series: transaction.prepare(
                "INSERT INTO series (key, tags, kind, interval, unit, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            insert_point: transaction.prepare(
                "INSERT INTO points (run, position, series, value, distribution, since_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            count: 0,
            tags: String::new(),
        })
    }

    /// A writer that adds to the points that the run already has.
    pub(crate) fn adding(transaction: &'t Transaction<'_>, run: RunId) -> rusqlite::Result<Self> {
        let count = "SELECT coalesce(max(position) + 1, 0) FROM points WHERE run = ?1";
        let count = transaction.query_row(count, [run.0], |row| row.get(0))?;
        Ok(Self { count, ..Self::new(transaction, run)? })
    }

    /// The run whose points are written.
    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    /// The number of points of the run, which is the position of the next one.
    pub(crate) fn count(&self) -> i64 {
        self.count
    }

    /// Writes a point at the next position.
    pub(crate) fn write(&mut self, point: &Point) -> rusqlite::Result<PendingId> {
        let Point { key, kind, unit, tags, since, value, .. } = point;
        self.tags.clear();
        join_tags_into(&mut self.tags, tags);
        // An interval that depends on the start would make a new series for each run.
        let interval = kind.interval().filter(|_| since.is_none()).unwrap_or_default();
        let unit = unit.as_deref().unwrap_or_default();
        let interval = interval.as_secs();
        let hash = hash([key, &self.tags, kind.name(), unit], interval);
        let series = params![key, self.tags, kind.name(), saturating_i64(interval), unit, hash];
        let series_id = match self.find_series.query_row(series, |row| row.get(0)).optional()? {
            Some(id) => id,
            None => self.insert_series.insert(series)?,
        };
        let distribution = value.distribution().map(to_json).transpose()?;
        let since = since.map(milliseconds);
        let point = params![self.run.0, self.count, series_id, value.number(), distribution, since];
        self.insert_point.execute(point)?;
        let written = PendingId { run: self.run, position: self.count };
        self.count += 1;
        Ok(written)
    }
}

/// The hash of a series in the file. Never change this function: two series with one hash are distinguished by their texts, but
/// the same series with two hashes would be stored twice.
fn hash(texts: [&str; 4], interval: u64) -> i64 {
    let mut hasher = FnvHasher::default();
    for text in texts {
        hasher.write(text.as_bytes());
        // No text contains this byte.
        hasher.write(&[0xff]);
    }
    hasher.write(&interval.to_le_bytes());
    hasher.finish().cast_signed()
}

/// Reads points from rows with the columns [`POINT_COLUMNS`]. Points that follow each other share the texts of equal tags.
#[derive(Debug, Default)]
pub(crate) struct PointReader {
    tags: Vec<Tag>,
}

impl PointReader {
    /// Reads the point of a row. The first of its columns has the number `start`. Columns are read by number, because names
    /// would be looked up for each row.
    pub(crate) fn read(&mut self, row: &Row<'_>, start: usize) -> rusqlite::Result<Point> {
        let known = mem::take(&mut self.tags);
        let tags = split_tags(row.get_ref(start + 4)?)?;
        for (position, tag) in tags.enumerate() {
            self.tags.push(match known.get(position) {
                Some(known) if known.as_str() == tag => known.clone(),
                _ => parse_tag(tag)?,
            });
        }
        point_from_row(row, start, self.tags.iter().cloned().collect())
    }
}

fn point_from_row(row: &Row<'_>, start: usize, tags: BTreeSet<Tag>) -> rusqlite::Result<Point> {
    let unit: String = row.get(start + 3)?;
    let since = row.get::<_, Option<i64>>(start + 8)?.map(time_of_milliseconds);
    let interval = match since {
        Some(since) => covered(since, time_of_milliseconds(row.get(start + 9)?)),
        None => Duration::from_secs(row.get::<_, i64>(start + 2)?.unsigned_abs()),
    };
    Ok(Point {
        key: row.get(start)?,
        kind: match row.get_ref(start + 1)?.as_str()? {
            "gauge" => Kind::Gauge,
            "count" => Kind::Count { interval },
            "rate" => Kind::Rate { interval },
            "counter" => Kind::Counter,
            "distribution" => Kind::Distribution,
            unknown => {
                let error = format!("the kind `{unknown}` is not known").into();
                return Err(rusqlite::Error::FromSqlConversionFailure(start + 1, Type::Text, error));
            }
        },
        unit: Some(unit).filter(|unit| !unit.is_empty()),
        tags,
        timestamp: time(row.get(start + 5)?),
        since,
        value: value(row, start + 6)?,
    })
}

/// The value in the columns `value` and `distribution`, of which the first has the number `start`.
pub(crate) fn value(row: &Row<'_>, start: usize) -> rusqlite::Result<Value> {
    match row.get_ref(start)? {
        ValueRef::Null => Ok(Value::Distribution(Arc::new(from_json(row.get_ref(start + 1)?.as_str()?)?))),
        _ => Ok(Value::Number(row.get(start)?)),
    }
}

/// The time that a value covers, in whole seconds and at least one.
pub(crate) fn covered(since: SystemTime, until: SystemTime) -> Duration {
    Duration::from_secs(until.duration_since(since).unwrap_or_default().as_secs().max(1))
}

/// A distribution as the file stores it.
pub(crate) fn to_json(distribution: &Distribution) -> rusqlite::Result<String> {
    serde_json::to_string(distribution).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// The inverse of [`to_json`].
pub(crate) fn from_json(json: &str) -> rusqlite::Result<Distribution> {
    serde_json::from_str(json)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
}

/// The tags of a series as the file stores them: separated by commas.
pub(crate) fn join_tags<'a>(tags: impl IntoIterator<Item = &'a Tag>) -> String {
    let mut text = String::new();
    join_tags_into(&mut text, tags);
    text
}

fn join_tags_into<'a>(text: &mut String, tags: impl IntoIterator<Item = &'a Tag>) {
    for tag in tags {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(tag.as_str());
    }
}

/// The inverse of [`join_tags`].
pub(crate) fn parse_tags(text: ValueRef<'_>) -> rusqlite::Result<Vec<Tag>> {
    split_tags(text)?.map(parse_tag).collect()
}

fn split_tags(text: ValueRef<'_>) -> rusqlite::Result<impl Iterator<Item = &str>> {
    Ok(text.as_str()?.split(',').filter(|tag| !tag.is_empty()))
}

fn parse_tag(text: &str) -> rusqlite::Result<Tag> {
    Tag::parse(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
