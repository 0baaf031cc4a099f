//! Summaries of the metrics and of their series, for a page.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::{
    Store, StoreError,
    points::{from_json, series_row},
};

/// A metric with its last value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    /// The metric's name.
    pub metric: String,
    /// The number of its series.
    pub series: usize,
    /// All tags of its series.
    pub tags: BTreeSet<String>,
    /// The time of the last point, in seconds since 1970.
    pub time: i64,
    /// The last value. If several series have a value at this time, that of the series that was stored first. For a
    /// distribution, the average: NaN or infinite if the sum of the values is too large.
    pub value: f64,
    /// Whether it is a distribution.
    pub is_distribution: bool,
}

/// A series with its points or distributions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesSummary {
    /// The tags of the series.
    pub tags: BTreeSet<String>,
    /// Times in seconds since 1970, and values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<(i64, f64)>,
    /// Distributions of values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distributions: Vec<DistributionSummary>,
}

/// A distribution at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DistributionSummary {
    /// In seconds since 1970.
    pub time: i64,
    /// The number of values.
    pub count: f64,
    /// The lowest value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The average of the values. NaN or infinite if the sum of the values is too large.
    pub avg: f64,
}

const LAST_POINT: &str = "SELECT time, value FROM points WHERE series = ?1 ORDER BY time DESC LIMIT 1";
const LAST_DISTRIBUTION: &str = "SELECT time, sum(value * weight) / sum(weight) FROM distribution_values \
                                 WHERE series = ?1 GROUP BY time ORDER BY time DESC LIMIT 1";

impl Store {
    /// A summary of each metric that has a value, sorted by name.
    pub(crate) fn metrics(&self) -> Result<Vec<MetricSummary>, StoreError> {
        self.read(|connection| {
            let mut all = BTreeMap::<String, MetricSummary>::new();
            let mut series = connection.prepare("SELECT id, metric, tags FROM series ORDER BY id")?;
            for row in series.query_map([], series_row)? {
                let (id, metric, tags) = row?;
                let last = |sql| -> rusqlite::Result<Option<(i64, f64)>> {
                    let mut select = connection.prepare(sql)?;
                    select.query_row([id], |row| Ok((row.get(0)?, number(row, 1)?))).optional()
                };
                let (point, distribution) = (last(LAST_POINT)?, last(LAST_DISTRIBUTION)?);
                let is_distribution = distribution.map(|(time, _)| time) > point.map(|(time, _)| time);
                let Some((time, value)) = (if is_distribution { distribution } else { point }) else {
                    continue;
                };
                let summary = all.entry(metric).or_insert_with_key(|metric| MetricSummary {
                    metric: metric.clone(),
                    series: 0,
                    tags: BTreeSet::new(),
                    time,
                    value,
                    is_distribution,
                });
                summary.series += 1;
                summary.tags.extend(tags);
                if time > summary.time {
                    (summary.time, summary.value, summary.is_distribution) = (time, value, is_distribution);
                }
            }
            Ok(all.into_values().collect())
        })
    }

    /// The series of a metric, sorted by their tags, with the values in a time range, in seconds since 1970.
    pub(crate) fn series(
        &self,
        metric: &str,
        time: &RangeInclusive<i64>,
    ) -> Result<Vec<SeriesSummary>, StoreError> {
        self.read(|connection| {
            let mut series =
                connection.prepare("SELECT id, tags FROM series WHERE metric = ?1 ORDER BY tags")?;
            let mut points = connection.prepare(
                "SELECT time, value FROM points WHERE series = ?1 AND time BETWEEN ?2 AND ?3 ORDER BY time",
            )?;
            let mut distributions = connection.prepare(
                "SELECT time, sum(weight), min(value), max(value), sum(value * weight) / sum(weight)
                 FROM distribution_values WHERE series = ?1 AND time BETWEEN ?2 AND ?3 GROUP BY time ORDER BY time",
            )?;
            let rows = series.query_map([metric], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
            rows.map(|row| {
                let (id, tags) = row?;
                let within = params![id, time.start(), time.end()];
                let points = points.query_map(within, |row| Ok((row.get(0)?, row.get(1)?)))?;
                let points = points.collect::<Result<_, _>>()?;
                let distributions = distributions.query_map(within, |row| {
                    let [count, min, max, avg] = [row.get(1)?, row.get(2)?, row.get(3)?, number(row, 4)?];
                    Ok(DistributionSummary { time: row.get(0)?, count, min, max, avg })
                })?;
                let distributions = distributions.collect::<Result<_, _>>()?;
                Ok(SeriesSummary { tags: from_json(&tags), points, distributions })
            })
            .collect()
        })
    }
}

/// A calculated number. SQLite returns NULL in place of NaN.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<f64> {
    Ok(row.get::<_, Option<f64>>(column)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    #[test]
    fn the_last_value_may_be_a_point_or_a_distribution() {
        let mut store = Store::in_memory().unwrap();
        let id = |tag: &str, time| ("a".to_owned(), BTreeSet::from([tag.to_owned()]), time);
        let point = |tag: &str, timestamp, value| Point {
            metric: "a".to_owned(),
            tags: BTreeSet::from([tag.to_owned()]),
            timestamp,
            value,
            kind: "gauge",
            interval: None,
            unit: None,
        };
        let last = |store: &Store| {
            let metrics = store.metrics().unwrap();
            (metrics[0].time, metrics[0].value, metrics[0].is_distribution)
        };

        store.put_points(&[point("x:1", 10, 1.0)]).unwrap();
        store.add_values(&[(id("x:1", 20), vec![(2.0, 1.0), (4.0, 3.0)])]).unwrap();
        assert_eq!(last(&store), (20, 3.5, true), "of the same series");
        store.put_points(&[point("x:2", 30, 5.0)]).unwrap();
        assert_eq!(last(&store), (30, 5.0, false), "of another series");
        store.add_values(&[(id("x:3", 40), vec![(6.0, 1.0)])]).unwrap();
        assert_eq!(last(&store), (40, 6.0, true));
    }

    #[test]
    fn an_average_that_cannot_be_calculated_is_nan() {
        let mut store = Store::in_memory().unwrap();
        let huge = vec![(1e308, 1e10), (-1e308, 1e10)];
        store.add_values(&[(("a".to_owned(), BTreeSet::new(), 10), huge)]).unwrap();

        assert!(store.metrics().unwrap()[0].value.is_nan());
        assert!(store.series("a", &(0..=20)).unwrap()[0].distributions[0].avg.is_nan());
    }
}
