//! The points that monitors and queries are evaluated over, as Datadog would have them: those of the history, and then those of
//! each run.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use system_health_intake::{DistributionId, Intake, Point as Stored};
use system_health_registry::{Kind, Point, Tag};
use system_health_state::Store;

use crate::{
    increases::Increases,
    retention::{MAX_POINTS, Retention, SPAN},
};

/// The points, in a stand-in for Datadog in memory.
#[derive(Debug)]
pub(crate) struct Points {
    pub(crate) intake: Arc<Intake>,
    pub(crate) retention: Retention,
    increases: Increases,
    /// The distributions that the intake has.
    distributions: BTreeSet<DistributionId>,
}

impl Points {
    /// The points of the history in a state folder. Without a folder, there are none. `watching_since` is when the service began
    /// to watch counters.
    pub(crate) fn from_history(
        folder: Option<&Path>,
        watching_since: SystemTime,
        now: SystemTime,
    ) -> anyhow::Result<Self> {
        let intake = Arc::new(Intake::in_memory()?);
        let mut points = Self {
            intake,
            retention: Retention::default(),
            increases: Increases::new(watching_since),
            distributions: BTreeSet::new(),
        };
        if let Some(folder) =
            folder.filter(|folder| folder.join(Store::FILE_NAME).try_exists().unwrap_or(true))
        {
            points.read(folder, now).context("cannot read the history")?;
        }
        Ok(points)
    }

    /// Reads run by run, so that a run that is recorded at the same time does not wait for long.
    fn read(&mut self, folder: &Path, now: SystemTime) -> anyhow::Result<()> {
        let store = Store::open_existing(folder)?;
        let since = now.checked_sub(Duration::from_secs(SPAN.unsigned_abs())).unwrap_or(UNIX_EPOCH);
        let (runs, left_out) = store.recorded_runs(since, MAX_POINTS)?;
        for run in runs {
            self.add(store.recorded_points(run)?, now)?;
        }
        if left_out {
            let first = self.retention.times().next();
            self.retention.note_dropped_before(first.unwrap_or_else(|| seconds(now)));
        }
        Ok(())
    }

    /// Adds the points of a run, and deletes old ones.
    pub(crate) fn add(
        &mut self,
        points: impl IntoIterator<Item = Point>,
        now: SystemTime,
    ) -> anyhow::Result<()> {
        let (mut stored, mut distributions) = (Vec::new(), Vec::new());
        for point in points {
            if let Some(distribution) = point.value.distribution() {
                let values: Vec<(f64, f64)> = distribution.values().map(weighted).collect();
                let time = seconds(point.timestamp);
                let id = (point.key, tags(&point.tags), time);
                // Datadog would add up the values of two runs in the same schedule slot. So only those of the first run are
                // delivered.
                if self.distributions.insert(id.clone()) {
                    self.retention.add(time, values.len());
                    distributions.push((id, values));
                }
            } else if let Some(point) = self.as_sent(point) {
                self.retention.add(point.timestamp, 1);
                stored.push(point);
            }
        }
        self.intake.add_points(&stored)?;
        self.intake.add_distributions(&distributions)?;
        if let Some(since) = self.retention.limit(seconds(now)) {
            self.intake.prune(since)?;
            self.increases.prune(UNIX_EPOCH + Duration::from_secs(since.unsigned_abs()));
            self.distributions.retain(|(.., time)| *time >= since);
        }
        Ok(())
    }

    /// Notes that points from before a time, in seconds since 1970, were lost.
    pub(crate) fn note_lost_before(&mut self, time: i64) {
        self.retention.note_dropped_before(time);
        self.increases.note_lost_before(UNIX_EPOCH + Duration::from_secs(time.unsigned_abs()));
    }

    /// A number as Datadog's sink sends it. [`Increases::count`] describes the exception, the first total of a series. `None` for
    /// the total of a counter if the increase is not known.
    fn as_sent(&mut self, point: Point) -> Option<Stored> {
        let point = if point.kind == Kind::Counter { self.increases.count(point)? } else { point };
        Some(Stored {
            value: point.value.number()?,
            timestamp: seconds(point.timestamp),
            kind: point.kind.name(),
            interval: point.kind.interval().map(|interval| saturating_i64(interval.as_secs())),
            tags: tags(&point.tags),
            metric: point.key,
            unit: point.unit,
        })
    }
}

fn tags(tags: &BTreeSet<Tag>) -> BTreeSet<String> {
    tags.iter().map(Tag::to_string).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a number of values")]
fn weighted((value, count): (f64, u64)) -> (f64, f64) {
    (value, count as f64)
}

/// Whole seconds since 1970. Times before that cannot occur.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    saturating_i64(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

fn saturating_i64(number: u64) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
