//! The points of series: one value for each series and second.

use std::{collections::BTreeSet, ops::RangeInclusive};

use rusqlite::{Connection, OptionalExtension, Row, Statement, Transaction, params};
use serde_json::Value;

use super::{Store, StoreError};
use crate::point::{DISTRIBUTION, Point, PointRef, kind_named};

impl Store {
    /// Stores points. A point replaces the one of the same series and second. Returns the metrics of points that replaced a
    /// different value.
    pub(crate) fn put_points(&mut self, points: &[Point]) -> Result<BTreeSet<String>, StoreError> {
        self.write(|transaction| {
            let mut ids = SeriesIds::new(transaction)?;
            let mut replaced = BTreeSet::new();
            let mut last: Option<(&str, &BTreeSet<String>, i64)> = None;
            let mut old = transaction.prepare("SELECT value FROM points WHERE series = ?1 AND time = ?2")?;
            let mut put =
                transaction.prepare("INSERT OR REPLACE INTO points VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            for point in points {
                let series = match last {
                    Some((metric, tags, id)) if metric == point.metric && *tags == point.tags => id,
                    _ => ids.id(&point.metric, &point.tags)?,
                };
                last = Some((&point.metric, &point.tags, series));
                let key = params![series, point.timestamp];
                let known: Option<f64> = old.query_row(key, |row| row.get(0)).optional()?;
                if known.is_some_and(|known| known.total_cmp(&point.value).is_ne()) {
                    replaced.insert(point.metric.clone());
                }
                let Point { timestamp, value, kind, interval, unit, .. } = point;
                put.execute(params![series, timestamp, value, kind, interval, unit])?;
            }
            Ok(replaced)
        })
    }

    /// All points, ordered by metric, tags and time.
    pub(crate) fn all_points(&self) -> Result<Vec<Point>, StoreError> {
        let series = self.read(|connection| {
            let mut series = connection.prepare("SELECT id, metric, tags FROM series")?;
            let series = series.query_map([], series_row)?.collect::<Result<Vec<_>, _>>()?;
            read_points(connection, series, &(i64::MIN..=i64::MAX))
        })?;
        Ok(series.into_iter().flat_map(StoredSeries::into_points).collect())
    }

    /// The series of some metrics with their points within a time range, ordered by metric, tags and time.
    pub(crate) fn series_of(
        &self,
        metrics: &BTreeSet<&str>,
        time: &RangeInclusive<i64>,
    ) -> Result<Vec<StoredSeries>, StoreError> {
        self.read(|connection| {
            let mut found = Vec::new();
            let mut series = connection.prepare("SELECT id, metric, tags FROM series WHERE metric = ?1")?;
            for metric in metrics {
                for row in series.query_map([metric], series_row)? {
                    found.push(row?);
                }
            }
            read_points(connection, found, time)
        })
    }
}

/// A series with its points.
#[derive(Debug)]
pub(crate) struct StoredSeries {
    metric: String,
    tags: BTreeSet<String>,
    points: Vec<StoredPoint>,
    /// The values of a distribution: time, value, and how many times it counts.
    values: Vec<(i64, f64, f64)>,
}

#[derive(Debug)]
struct StoredPoint {
    time: i64,
    value: f64,
    kind: &'static str,
    interval: Option<i64>,
    unit: Option<String>,
}

impl StoredSeries {
    /// The points, and the values of distributions, for a query.
    pub(crate) fn points(&self) -> impl Iterator<Item = PointRef<'_>> + Clone {
        let template = PointRef {
            metric: &self.metric,
            tags: &self.tags,
            timestamp: 0,
            value: 0.0,
            kind: DISTRIBUTION,
            interval: None,
            weight: 1.0,
        };
        let points = self.points.iter().map(move |point| PointRef {
            timestamp: point.time,
            value: point.value,
            kind: point.kind,
            interval: point.interval,
            ..template
        });
        let value = move |(timestamp, value, weight): &(i64, f64, f64)| PointRef {
            timestamp: *timestamp,
            value: *value,
            weight: *weight,
            ..template
        };
        points.chain(self.values.iter().map(value))
    }

    fn into_points(self) -> impl Iterator<Item = Point> {
        let Self { metric, tags, points, .. } = self;
        points.into_iter().map(move |point| Point {
            metric: metric.clone(),
            tags: tags.clone(),
            timestamp: point.time,
            value: point.value,
            kind: point.kind,
            interval: point.interval,
            unit: point.unit,
        })
    }
}

type Series = (i64, String, BTreeSet<String>);

/// Finds the ids of series, and adds those that are new.
pub(super) struct SeriesIds<'t> {
    find: Statement<'t>,
    add: Statement<'t>,
}

impl<'t> SeriesIds<'t> {
    pub(super) fn new(transaction: &'t Transaction<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            find: transaction.prepare("SELECT id FROM series WHERE metric = ?1 AND tags = ?2")?,
            add: transaction.prepare("INSERT INTO series (metric, tags) VALUES (?1, ?2)")?,
        })
    }

    pub(super) fn id(&mut self, metric: &str, tags: &BTreeSet<String>) -> rusqlite::Result<i64> {
        let tags = to_json(tags);
        let key = params![metric, tags];
        match self.find.query_row(key, |row| row.get(0)).optional()? {
            Some(id) => Ok(id),
            None => self.add.insert(key),
        }
    }
}

/// Tags as a JSON list.
pub(super) fn to_json(tags: &BTreeSet<String>) -> String {
    tags.iter().map(String::as_str).collect::<Value>().to_string()
}

/// The tags of a JSON list.
pub(super) fn from_json(tags: &str) -> BTreeSet<String> {
    serde_json::from_str(tags).unwrap_or_default()
}

pub(super) fn series_row(row: &Row<'_>) -> rusqlite::Result<Series> {
    Ok((row.get(0)?, row.get(1)?, from_json(row.get_ref(2)?.as_str()?)))
}

fn read_points(
    connection: &Connection,
    mut series: Vec<Series>,
    time: &RangeInclusive<i64>,
) -> rusqlite::Result<Vec<StoredSeries>> {
    series.sort_by(|one, next| (&one.1, &one.2).cmp(&(&next.1, &next.2)));
    let mut select = connection.prepare(
        "SELECT time, value, kind, interval, unit FROM points WHERE series = ?1 AND time BETWEEN ?2 AND ?3 ORDER BY time",
    )?;
    let mut select_values = connection.prepare(
        "SELECT time, value, sum(weight) FROM distribution_values WHERE series = ?1 AND time BETWEEN ?2 AND ?3
         GROUP BY time, value",
    )?;
    let mut all = Vec::with_capacity(series.len());
    for (id, metric, tags) in series {
        let within = params![id, time.start(), time.end()];
        let points = select.query_map(within, |row| {
            Ok(StoredPoint {
                time: row.get(0)?,
                value: row.get(1)?,
                kind: kind_named(row.get_ref(2)?.as_str()?),
                interval: row.get(3)?,
                unit: row.get(4)?,
            })
        })?;
        let points = points.collect::<Result<_, _>>()?;
        let values = select_values.query_map(within, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let values = values.collect::<Result<_, _>>()?;
        all.push(StoredSeries { metric, tags, points, values });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(metric: &str, tags: &[&str], timestamp: i64, value: f64) -> Point {
        Point {
            metric: metric.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            timestamp,
            value,
            kind: "gauge",
            interval: None,
            unit: Some("job".to_owned()),
        }
    }

    #[test]
    fn the_last_value_for_a_series_and_second_wins() {
        let mut store = Store::in_memory().unwrap();
        let one = point("a", &["x:1"], 10, 1.0);

        assert!(store.put_points(&[one.clone(), point("a", &[], 10, 5.0)]).unwrap().is_empty());
        assert!(store.put_points(&[one]).unwrap().is_empty(), "the same value replaces nothing");
        let replaced = store.put_points(&[point("a", &["x:1"], 10, 2.0)]).unwrap();

        assert_eq!(replaced, BTreeSet::from(["a".to_owned()]));
        assert_eq!(store.all_points().unwrap(), [point("a", &[], 10, 5.0), point("a", &["x:1"], 10, 2.0)]);
    }

    #[test]
    fn points_are_found_by_metric_and_time() {
        let mut store = Store::in_memory().unwrap();
        let points =
            [point("a", &[], 10, 1.0), point("a", &[], 20, 2.0), point("b", &["x:1", "y:2"], 20, 3.0)];
        store.put_points(&points).unwrap();

        let found = |metrics: &[&str], time| -> Vec<Point> {
            let series = store.series_of(&metrics.iter().copied().collect(), &time).unwrap();
            series.into_iter().flat_map(StoredSeries::into_points).collect()
        };
        assert_eq!(found(&["a"], 10..=10), points[..1]);
        assert_eq!(found(&["a", "b", "c"], 11..=20), points[1..]);
        assert_eq!(found(&["a"], 21..=30), []);
    }

    #[test]
    fn points_stay_in_the_file_until_they_are_pruned() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("intake.db");
        let points = [point("a", &[], 10, 1.0), point("a", &[], 20, 2.0)];
        Store::open(&file).unwrap().put_points(&points).unwrap();

        let mut again = Store::open(&file).unwrap();
        assert_eq!(again.all_points().unwrap(), points);
        again.prune(15).unwrap();
        assert_eq!(again.all_points().unwrap(), points[1..]);
    }
}
