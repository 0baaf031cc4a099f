//! The points of earlier runs, as they were collected, for code that evaluates them as a backend would.

use std::time::SystemTime;

use rusqlite::params;
use system_health_registry::Point;

use crate::{
    RunId, Store, StoreError,
    convert::seconds,
    points::{POINT_COLUMNS, PointReader},
};

impl Store {
    /// The runs since a time, oldest first. The runs of a backfill are not included, because no destination gets them. Together,
    /// the runs have at most `limit` points: older runs are left out. Also returns whether any run was left out.
    pub fn recorded_runs(&self, since: SystemTime, limit: usize) -> Result<(Vec<RunId>, bool), StoreError> {
        self.read(|connection| {
            let mut newest_first = connection.prepare(
                "SELECT id, (SELECT coalesce(max(last) + 1, 0) FROM outcomes WHERE run = id) FROM runs
                 WHERE timestamp >= ?1 AND NOT backfilled ORDER BY timestamp DESC, id DESC",
            )?;
            let mut rows = newest_first.query([seconds(since)])?;
            let (mut runs, mut remaining) = (Vec::new(), limit);
            let mut is_any_left_out = false;
            while let Some(row) = rows.next()? {
                let points = usize::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
                let Some(after) = remaining.checked_sub(points) else {
                    is_any_left_out = true;
                    break;
                };
                remaining = after;
                runs.push(RunId(row.get(0)?));
            }
            runs.reverse();
            Ok((runs, is_any_left_out))
        })
    }

    /// The points of a run as they were collected. Points that were converted for one destination, such as the increases of
    /// counters, are not included.
    pub fn recorded_points(&self, run: RunId) -> Result<Vec<Point>, StoreError> {
        self.read(|connection| {
            let mut points = PointReader::default();
            connection
                .prepare(&format!(
                    "SELECT {POINT_COLUMNS}
                     FROM points CROSS JOIN series ON series.id = series CROSS JOIN runs ON runs.id = run
                     WHERE run = ?1 AND position <= (SELECT max(last) FROM outcomes WHERE outcomes.run = ?1)
                     ORDER BY position"
                ))?
                .query_map(params![run.0], |row| points.read(row, 0))?
                .collect()
        })
    }
}
