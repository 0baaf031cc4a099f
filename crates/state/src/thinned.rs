//! Shortens a history with too many rows. Whole runs are left out at regular intervals, and nothing is averaged. So each value
//! was measured, and a run without a value is never merged with a run that has one.

use std::time::SystemTime;

use rusqlite::{Connection, Statement, params};

use crate::{
    HistoryEntry, HistoryFilter, Store, StoreError,
    convert::seconds,
    history::{SampleReader, entry, is_replaced},
};

/// The results of every Nth run.
#[derive(Debug, Clone, PartialEq)]
pub struct ThinnedHistory {
    /// The results, sorted by key, subject and time.
    pub entries: Vec<HistoryEntry>,
    /// One run of this many is included. 1: every run.
    pub one_run_of: usize,
}

impl Store {
    /// The results of every Nth run that has results, counted from the newest run. With N, these runs recorded at most `max_rows`
    /// rows, and with N - 1 they would have more. A row is a value, or a message: the reason why there was no value, or the first
    /// failed item. Runs with the same time count as one run with the rows of all of them. `None` if the newest run alone has
    /// more rows.
    pub fn thinned_history(
        &self,
        max_rows: usize,
        filter: &HistoryFilter<'_>,
    ) -> Result<Option<ThinnedHistory>, StoreError> {
        self.read(|connection| {
            // Other processes may record runs between the statements. In a transaction, all of them read the same runs.
            let snapshot = connection.unchecked_transaction()?;
            let times = times(&snapshot, filter)?;
            let mut counter = RowCounter::new(&snapshot, filter)?;
            let fits = |one_run_of| counter.is_at_most(max_rows, times.iter().step_by(one_run_of));
            let Some(one_run_of) = step_that_fits(times.len(), max_rows, fits)? else { return Ok(None) };
            let entries = entries(&snapshot, filter, times.iter().step_by(one_run_of))?;
            Ok(Some(ThinnedHistory { entries, one_run_of }))
        })
    }
}

/// The times at which there are results, newest first.
fn times(connection: &Connection, filter: &HistoryFilter<'_>) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare(&format!(
            "SELECT DISTINCT timestamp FROM runs
             WHERE timestamp >= ?3 AND EXISTS (SELECT 1 FROM outcomes WHERE run = runs.id AND {})
             ORDER BY timestamp DESC",
            filter.condition()
        ))?
        .query_map(params![filter.key, filter.subject, seconds(filter.since)], |row| row.get(0))?
        .collect()
}

/// A step that fits, while the next smaller step does not. It is found by bisection, which counts fewer rows than trying all
/// steps from 1. If runs differ much in size, a much smaller step may fit by chance. `None` if even the newest run alone does
/// not fit.
fn step_that_fits(
    runs: usize,
    max_rows: usize,
    mut fits: impl FnMut(usize) -> rusqlite::Result<bool>,
) -> rusqlite::Result<Option<usize>> {
    // Each run has at least one row, so a smaller step cannot fit. For a single series, this is the result.
    let min_step = runs.div_ceil(max_rows.max(1)).max(1);
    if fits(min_step)? {
        return Ok(Some(min_step));
    }
    if !fits(runs)? {
        return Ok(None);
    }
    let (mut too_small, mut fitting) = (min_step, runs);
    while fitting - too_small > 1 {
        let middle = usize::midpoint(too_small, fitting);
        if fits(middle)? {
            fitting = middle;
        } else {
            too_small = middle;
        }
    }
    Ok(Some(fitting))
}

/// Counts the rows of the runs at one time, without reading them.
struct RowCounter<'c> {
    count: Statement<'c>,
    filter: HistoryFilter<'c>,
}

impl<'c> RowCounter<'c> {
    fn new(connection: &'c Connection, filter: &HistoryFilter<'c>) -> rusqlite::Result<Self> {
        let count = connection.prepare(&format!(
            "SELECT coalesce(sum(CASE
                 WHEN state <> 'value' THEN 1
                 WHEN last = first THEN 1 + (failed_items > 0)
                 ELSE (failed_items > 0) + (
                     SELECT count(*) FROM points CROSS JOIN series ON series.id = series
                     WHERE points.run = outcomes.run AND position BETWEEN first AND last AND series.key = outcomes.key)
                 END), 0)
             FROM runs CROSS JOIN outcomes ON run = runs.id WHERE timestamp = ?3 AND {}",
            filter.condition()
        ))?;
        Ok(Self { count, filter: *filter })
    }

    /// Whether the runs at these times together have at most `max_rows` rows. Counting stops at the first time that exceeds the
    /// maximum.
    fn is_at_most<'t>(
        &mut self,
        max_rows: usize,
        times: impl Iterator<Item = &'t i64>,
    ) -> rusqlite::Result<bool> {
        let mut remaining = max_rows;
        for time in times {
            let parameters = params![self.filter.key, self.filter.subject, time];
            let rows = self.count.query_row(parameters, |row| row.get::<_, i64>(0))?;
            let after = usize::try_from(rows).ok().and_then(|rows| remaining.checked_sub(rows));
            let Some(after) = after else { return Ok(false) };
            remaining = after;
        }
        Ok(true)
    }
}

/// The results at these times, sorted by key, subject and time.
fn entries<'t>(
    connection: &Connection,
    filter: &HistoryFilter<'_>,
    times: impl Iterator<Item = &'t i64>,
) -> rusqlite::Result<Vec<HistoryEntry>> {
    let mut samples = SampleReader::new(connection)?;
    let mut outcomes = connection.prepare(&format!(
        "SELECT outcomes.*, timestamp, trace, backfilled FROM runs CROSS JOIN outcomes ON run = runs.id
         WHERE timestamp = ?3 AND {} ORDER BY key, subject, run DESC",
        filter.condition()
    ))?;
    let mut entries = Vec::<HistoryEntry>::new();
    for time in times {
        let mut outcomes = outcomes.query(params![filter.key, filter.subject, time])?;
        while let Some(row) = outcomes.next()? {
            if !is_replaced(row, entries.last())? {
                entries.push(entry(row, &mut samples)?);
            }
        }
    }
    entries.sort_unstable_by(|one, other| sort_key(one).cmp(&sort_key(other)));
    Ok(entries)
}

fn sort_key(entry: &HistoryEntry) -> (&str, &str, SystemTime) {
    (&entry.key, &entry.subject, entry.time)
}
