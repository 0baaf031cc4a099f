//! Writes and reads points.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rusqlite::{
    OptionalExtension, Row, Statement, Transaction, params,
    types::{Type, ValueRef},
};
use system_health_registry::{Distribution, Kind, Point, Tag, Value};

use crate::{
    PendingId, RunId,
    convert::{milliseconds, time, time_of_milliseconds, whole},
};

/// The columns that [`point_from_row`] reads, in their order.
pub(crate) const POINT_COLUMNS: &str =
    "key, kind, interval, unit, tags, timestamp, value, distribution, since_ms, started_at_ms";

/// Writes the points of a run.
pub(crate) struct PointWriter<'t> {
    run: RunId,
    find: Statement<'t>,
    add: Statement<'t>,
    insert: Statement<'t>,
    count: i64,
}

impl<'t> PointWriter<'t> {
    pub(crate) fn new(transaction: &'t Transaction<'_>, run: RunId) -> rusqlite::Result<Self> {
        Ok(Self {
            run,
            find: transaction.prepare(
                "SELECT id FROM series WHERE key = ?1 AND tags = ?2 AND kind = ?3 AND interval = ?4 AND unit = ?5",
            )?,
            add: transaction
                .prepare("INSERT INTO series (key, tags, kind, interval, unit) VALUES (?1, ?2, ?3, ?4, ?5)")?,
            insert: transaction.prepare(
                "INSERT INTO points (run, position, series, value, distribution, since_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            count: 0,
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
        let tags = join_tags(tags);
        // An interval that depends on the start would make a new series for each run.
        let interval = kind.interval().filter(|_| since.is_none()).unwrap_or_default();
        let unit = unit.as_deref().unwrap_or_default();
        let series = params![key, tags, kind.name(), whole(interval.as_secs()), unit];
        let id = match self.find.query_row(series, |row| row.get(0)).optional()? {
            Some(id) => id,
            None => self.add.insert(series)?,
        };
        let distribution = value.distribution().map(to_json).transpose()?;
        let since = since.map(milliseconds);
        self.insert.execute(params![self.run.0, self.count, id, value.number(), distribution, since])?;
        let written = PendingId { run: self.run, position: self.count };
        self.count += 1;
        Ok(written)
    }
}

/// Reads a point from the columns [`POINT_COLUMNS`], of which the first has the number `start`. Columns are read by number,
/// because names would be looked up for each row.
pub(crate) fn point_from_row(row: &Row<'_>, start: usize) -> rusqlite::Result<Point> {
    let unit: String = row.get(start + 3)?;
    let since = row.get::<_, Option<i64>>(start + 8)?.map(time_of_milliseconds);
    let interval = match since {
        Some(since) => covered(since, time_of_milliseconds(row.get(start + 9)?)),
        None => Duration::from_secs(row.get::<_, i64>(start + 2)?.unsigned_abs()),
    };
    Ok(Point {
        key: row.get(start)?,
        kind: match row.get_ref(start + 1)?.as_str()? {
            "count" => Kind::Count { interval },
            "rate" => Kind::Rate { interval },
            "counter" => Kind::Counter,
            "distribution" => Kind::Distribution,
            _ => Kind::Gauge,
        },
        unit: Some(unit).filter(|unit| !unit.is_empty()),
        tags: parse_tags(row.get_ref(start + 4)?)?.into_iter().collect(),
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

/// A distribution in the file.
pub(crate) fn to_json(distribution: &Distribution) -> rusqlite::Result<String> {
    serde_json::to_string(distribution).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// The inverse of [`to_json`].
pub(crate) fn from_json(json: &str) -> rusqlite::Result<Distribution> {
    serde_json::from_str(json)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
}

/// The tags of a series in the file, separated by commas.
pub(crate) fn join_tags<'a>(tags: impl IntoIterator<Item = &'a Tag>) -> String {
    tags.into_iter().map(Tag::as_str).collect::<Vec<_>>().join(",")
}

/// The inverse of [`join_tags`].
pub(crate) fn parse_tags(text: ValueRef<'_>) -> rusqlite::Result<Vec<Tag>> {
    let invalid = |error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error));
    let tags = text.as_str()?.split(',').filter(|tag| !tag.is_empty());
    tags.map(|tag| Tag::parse(tag).map_err(invalid)).collect()
}
