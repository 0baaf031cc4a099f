//! Identifiers of runs and their points.

use rusqlite::Row;

/// A recorded run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub(crate) i64);

/// A position in an outbox. Positions grow in the order in which points were collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PendingId {
    pub(crate) run: RunId,
    pub(crate) position: i64,
}

/// Points of one run with adjacent positions, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdRange {
    pub(crate) run: RunId,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl PendingId {
    /// The run that collected the point.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Reads a row that starts with the run and the position.
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { run: RunId(row.get(0)?), position: row.get(1)? })
    }
}

impl IdRange {
    /// Combines points into ranges. Points that are sorted by position give the fewest ranges.
    pub(crate) fn from_ids(ids: &[PendingId]) -> impl Iterator<Item = Self> {
        let follows =
            |id: &PendingId, next: &PendingId| id.run == next.run && id.position + 1 == next.position;
        ids.chunk_by(follows).map(|ids| Self {
            run: ids[0].run,
            first: ids[0].position,
            last: ids[ids.len() - 1].position,
        })
    }

    pub(crate) fn ids(self) -> impl Iterator<Item = PendingId> {
        (self.first..=self.last).map(move |position| PendingId { run: self.run, position })
    }
}
