//! Converts points for destinations that need another temporality than collectors return. A counter is a total since a
//! start, and some backends need what was added since the previous run. A distribution contains the values of one run, and some
//! backends need those of all runs.
//!
//! The converted points, the new totals and the changes of the outbox are written in the transaction that records the run. So a
//! killed process neither loses nor doubles an increase.

use std::{collections::BTreeMap, time::SystemTime};

use rusqlite::{OptionalExtension, Transaction, params};
use system_health_registry::{Distribution, Kind, Point, Temporality, Value};

use crate::{
    Continuity, PendingId, Recipient,
    convert::{FAR_AHEAD, milliseconds, saturating_i64, seconds, time_of_milliseconds},
    outbox::remove_from_outbox,
    points::{PointWriter, covered, from_json, join_tags, to_json},
};

/// Whether some destinations do not get this point as it is.
pub(crate) fn may_be_converted(point: &Point) -> bool {
    matches!(point.kind, Kind::Counter | Kind::Distribution) || counts_since_earlier_run(point)
}

/// Whether this is a count or a rate of the time since an earlier run.
fn counts_since_earlier_run(point: &Point) -> bool {
    matches!(point.kind, Kind::Count { .. } | Kind::Rate { .. }) && point.since.is_some()
}

impl Recipient {
    /// Whether the recipient does not get a point, because the point continues points of earlier runs.
    fn withholds(&self, point: &Point) -> bool {
        let accumulates = point.kind == Kind::Distribution && self.distributions == Temporality::Cumulative;
        match self.continuity {
            Continuity::Kept => false,
            Continuity::Interrupted => accumulates || counts_since_earlier_run(point),
            Continuity::None => accumulates,
        }
    }
}

/// Replaces points in the outbox of a recipient that needs another temporality, and removes those that it does not get.
/// `started_at` is the start of the run.
pub(crate) fn convert_for(
    recipient: &Recipient,
    transaction: &Transaction<'_>,
    points: &mut PointWriter<'_>,
    convertible: &[(PendingId, Point)],
    started_at: SystemTime,
) -> rusqlite::Result<()> {
    let converts = |kind| match kind {
        Kind::Counter => recipient.counters == Temporality::Delta,
        Kind::Distribution => recipient.distributions == Temporality::Cumulative,
        Kind::Gauge | Kind::Count { .. } | Kind::Rate { .. } => false,
    };
    let changed = convertible.iter().filter(|(_, point)| converts(point.kind) || recipient.withholds(point));
    let (withheld, replaced): (Vec<_>, Vec<_>) = changed.partition(|(_, point)| recipient.withholds(point));
    if withheld.is_empty() && replaced.is_empty() {
        return Ok(());
    }
    let (first, mut baselines, mut already_counted) = (points.count(), 0_usize, 0_usize);
    let destination = recipient.destination.as_str();
    let mut ids: Vec<PendingId> = withheld.iter().chain(&replaced).map(|(id, _)| *id).collect();
    ids.sort_unstable();
    // These times are read first, because the loop below changes them.
    let mut last_observed = BTreeMap::new();
    for (_, Point { key, .. }) in &replaced {
        if !last_observed.contains_key(key.as_str()) {
            last_observed
                .insert(key.as_str(), when_last_observed(transaction, destination, key, started_at)?);
        }
    }
    for (_, point) in &replaced {
        let observation = Observation {
            destination,
            watching_since: recipient.watching_since.map(milliseconds),
            last_observed: last_observed.get(point.key.as_str()).copied().flatten(),
            point,
            tags: &join_tags(&point.tags),
            started_at,
        };
        match &point.value {
            Value::Number(total) => match observation.store_total(transaction, *total)? {
                Increase::Count(count) => drop(points.write(&count)?),
                Increase::Baseline => baselines += 1,
                Increase::AlreadyCounted => already_counted += 1,
            },
            Value::Distribution(values) => {
                points.write(&observation.accumulate(transaction, values)?)?;
            }
        }
    }
    remove_from_outbox(transaction, destination, &ids)?;
    if points.count() > first {
        transaction.execute(
            "INSERT INTO outbox (destination, run, first, last) VALUES (?1, ?2, ?3, ?4)",
            params![destination, points.run().0, first, points.count() - 1],
        )?;
    }
    transaction.execute(
        "UPDATE recipients SET baselines = ?3, repeated = repeated + ?4, withheld = ?5
         WHERE destination = ?1 AND run = ?2",
        params![
            destination,
            points.run().0,
            saturating_i64(baselines),
            saturating_i64(already_counted),
            saturating_i64(withheld.len())
        ],
    )?;
    Ok(())
}

/// The last time, in milliseconds, at which a run before this one observed any series of a metric.
fn when_last_observed(
    transaction: &Transaction<'_>,
    destination: &str,
    key: &str,
    started_at: SystemTime,
) -> rusqlite::Result<Option<i64>> {
    transaction.query_row(
        "SELECT max(observed_ms) FROM counters WHERE destination = ?1 AND key = ?2 AND observed_ms < ?3",
        params![destination, key, milliseconds(started_at)],
        |row| row.get(0),
    )
}

/// A point of a series in a run, for a destination.
struct Observation<'a> {
    destination: &'a str,
    watching_since: Option<i64>,
    /// The last time, in milliseconds, at which an earlier run observed any series of the metric.
    last_observed: Option<i64>,
    point: &'a Point,
    tags: &'a str,
    started_at: SystemTime,
}

/// What was added to a counter since its previous observation.
enum Increase {
    /// What was added, as a count.
    Count(Point),
    /// It is not known what the total was before.
    Baseline,
    /// A run with the same time has already been counted, or one with a later time, if the clock was set back. The next run after
    /// that time counts what was added since.
    AlreadyCounted,
}

/// The previous observation of a counter.
struct Previous {
    total: f64,
    start_ms: Option<i64>,
    timestamp: i64,
    observed_ms: i64,
}

impl Observation<'_> {
    /// Stores the total, and returns what was added since the previous observation. If a run with the same or a later time was
    /// already counted, nothing is stored.
    fn store_total(&self, transaction: &Transaction<'_>, total: f64) -> rusqlite::Result<Increase> {
        let Point { key, since, timestamp, .. } = self.point;
        let timestamp = seconds(*timestamp);
        let previous = self.previous(transaction)?;
        let is_counted = |previous: &Previous| {
            // A time that is too far ahead comes from a wrong clock.
            timestamp <= previous.timestamp && previous.timestamp <= timestamp + FAR_AHEAD
        };
        if previous.as_ref().is_some_and(is_counted) {
            return Ok(Increase::AlreadyCounted);
        }
        let start_ms = since.map(milliseconds);
        let increase = match previous {
            Some(previous) if previous.is_reset(total, start_ms) => {
                Some((total, start_ms.unwrap_or(previous.observed_ms)))
            }
            Some(previous) => Some((total - previous.total, previous.observed_ms)),
            None => match start_ms {
                Some(start) if self.is_new(start) => Some((total, start)),
                _ => None,
            },
        };
        transaction.execute(
            "INSERT INTO counters (destination, key, tags, total, start_ms, timestamp, observed_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE
             SET total = excluded.total, start_ms = excluded.start_ms, timestamp = excluded.timestamp,
                 observed_ms = excluded.observed_ms",
            params![
                self.destination,
                key,
                self.tags,
                total,
                start_ms,
                timestamp,
                milliseconds(self.started_at)
            ],
        )?;
        let Some((added, since_ms)) = increase else { return Ok(Increase::Baseline) };
        let since = time_of_milliseconds(since_ms);
        let kind = Kind::Count { interval: covered(since, self.started_at) };
        Ok(Increase::Count(Point { kind, since: Some(since), value: added.into(), ..self.point.clone() }))
    }

    fn previous(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Option<Previous>> {
        transaction
            .query_row(
                "SELECT total, start_ms, timestamp, observed_ms FROM counters
                 WHERE destination = ?1 AND key = ?2 AND tags = ?3",
                [self.destination, &self.point.key, self.tags],
                |row| {
                    Ok(Previous {
                        total: row.get(0)?,
                        start_ms: row.get(1)?,
                        timestamp: row.get(2)?,
                        observed_ms: row.get(3)?,
                    })
                },
            )
            .optional()
    }

    /// Whether a counter without a previous observation started after the reporter had begun to watch, or after the last
    /// observation of any series of the metric. If so, its whole total is an increase.
    fn is_new(&self, start_ms: i64) -> bool {
        self.watching_since.is_some_and(|since| start_ms >= since)
            || self.last_observed.is_some_and(|last| start_ms > last)
    }

    /// Adds the values of a distribution to those of earlier runs, and returns a point with all of them.
    fn accumulate(&self, transaction: &Transaction<'_>, values: &Distribution) -> rusqlite::Result<Point> {
        let Point { key, since, timestamp, .. } = self.point;
        let series = [self.destination, key, self.tags];
        let earlier: Option<(String, i64)> = transaction
            .query_row(
                "SELECT distribution, since_ms FROM accumulated
                 WHERE destination = ?1 AND key = ?2 AND tags = ?3",
                series,
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let (accumulated, since_ms) = match earlier {
            Some((json, since_ms)) => {
                let mut accumulated: Distribution = from_json(&json)?;
                accumulated.merge(values);
                (accumulated, since_ms)
            }
            None => (values.clone(), milliseconds(since.unwrap_or(self.started_at))),
        };
        transaction.execute(
            "INSERT INTO accumulated (destination, key, tags, distribution, since_ms, timestamp)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET distribution = excluded.distribution, timestamp = excluded.timestamp",
            params![series[0], series[1], series[2], to_json(&accumulated)?, since_ms, seconds(*timestamp)],
        )?;
        Ok(Point {
            since: Some(time_of_milliseconds(since_ms)),
            value: accumulated.into(),
            ..self.point.clone()
        })
    }
}

impl Previous {
    /// Whether the counter has restarted at zero since this observation.
    fn is_reset(&self, total: f64, start_ms: Option<i64>) -> bool {
        let restarted = matches!((start_ms, self.start_ms), (Some(now), Some(before)) if now > before);
        restarted || total < self.total
    }
}
