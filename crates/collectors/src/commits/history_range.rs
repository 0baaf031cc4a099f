//! Which part of a branch's history counts, and how far the history has to be read. Commits are not in the order of
//! their dates: a clock may be wrong, and a commit with an old date may be pushed on top of newer ones.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::HistoryChoice;

/// Clocks differ. So a commit counts as old only if it is older than the start of the range by more than this.
const CLOCK_SKEW: Duration = Duration::from_hours(24);

/// The walk ends after this many consecutive old commits. It is less than a page of GitHub's list, so that a quiet
/// branch needs one request.
const MAX_CONSECUTIVE_OLD: u32 = 50;

/// Which commits count, by their position in the history and by their date.
#[derive(Debug, Clone)]
pub struct HistoryRange {
    since: SystemTime,
    history: HistoryChoice,
    is_backfill: bool,
}

/// Decides where a walk along the history ends.
#[derive(Debug)]
pub struct WalkEnd {
    old_before: SystemTime,
    consecutive_old: u32,
}

impl HistoryRange {
    /// A range that starts at this time, rounded down to the second, the precision of git's dates.
    #[must_use]
    pub fn new(since: SystemTime, history: HistoryChoice) -> Self {
        let seconds = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { since: UNIX_EPOCH + Duration::from_secs(seconds), history, is_backfill: false }
    }

    /// The same range, read for a backfill: all visited commits are kept, with their parents.
    #[must_use]
    pub(crate) fn for_backfill(self) -> Self {
        Self { is_backfill: true, ..self }
    }

    /// Whether it is read for a backfill.
    pub(crate) fn is_backfill(&self) -> bool {
        self.is_backfill
    }

    /// A range of the same history that starts at another time.
    #[must_use]
    pub fn starting_at(&self, since: SystemTime) -> Self {
        Self::new(since, self.history)
    }

    /// The start.
    #[must_use]
    pub fn since(&self) -> SystemTime {
        self.since
    }

    /// Whether a commit with this committer's date is in the range.
    #[must_use]
    pub fn contains(&self, committed_at: SystemTime) -> bool {
        committed_at >= self.since
    }

    /// Whether only first parents are followed.
    #[must_use]
    pub fn is_first_parent(&self) -> bool {
        self.history == HistoryChoice::FirstParent
    }

    /// The end of a walk that starts at the tip of the branch.
    #[must_use]
    pub fn walk_end(&self) -> WalkEnd {
        let old_before = self.since.checked_sub(CLOCK_SKEW).unwrap_or(UNIX_EPOCH);
        WalkEnd { old_before, consecutive_old: 0 }
    }
}

impl WalkEnd {
    /// Takes the committer's date of the next commit. Returns whether the walk may end there.
    pub fn should_stop_at(&mut self, committed_at: SystemTime) -> bool {
        self.consecutive_old = if committed_at < self.old_before { self.consecutive_old + 1 } else { 0 };
        self.consecutive_old == MAX_CONSECUTIVE_OLD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_range_is_rounded_down_to_the_second() {
        let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
        let range = HistoryRange::new(at(5_900), HistoryChoice::FirstParent);
        assert!(range.contains(at(5_000)) && !range.contains(at(4_000)));
    }
}
