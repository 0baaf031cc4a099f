//! The part of a branch's history that is counted, and how far it has to be read. Dates do not order a
//! history: a clock may be wrong, and a commit may be pushed with an old date on top of newer ones.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::HistoryChoice;

/// Commits older than the window by less than this do not count as old when it is decided where the walk
/// ends, because clocks differ.
const CLOCK_SKEW: Duration = Duration::from_hours(24);

/// The walk ends after this many old commits in a row. Fewer than a page of GitHub's list holds, so that
/// a quiet branch needs one request.
const OLD_IN_A_ROW: u32 = 50;

/// Which commits count by their place in the history and by their date.
#[derive(Debug, Clone)]
pub struct Window {
    since: SystemTime,
    history: HistoryChoice,
}

/// Decides where a walk along the history ends.
#[derive(Debug)]
pub(crate) struct WalkEnd {
    old_before: SystemTime,
    old_in_a_row: u32,
}

impl Window {
    /// The window that starts at a time, rounded down to the second as git's dates are.
    #[must_use]
    pub fn new(since: SystemTime, history: HistoryChoice) -> Self {
        let seconds = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { since: UNIX_EPOCH + Duration::from_secs(seconds), history }
    }

    /// When it starts.
    pub(crate) fn since(&self) -> SystemTime {
        self.since
    }

    pub(crate) fn contains(&self, committed_at: SystemTime) -> bool {
        committed_at >= self.since
    }

    pub(crate) fn is_first_parent(&self) -> bool {
        self.history == HistoryChoice::FirstParent
    }

    pub(crate) fn walk_end(&self) -> WalkEnd {
        let old_before = self.since.checked_sub(CLOCK_SKEW).unwrap_or(UNIX_EPOCH);
        WalkEnd { old_before, old_in_a_row: 0 }
    }
}

impl WalkEnd {
    /// Takes the date of the next commit of the walk. Whether the walk may end with it.
    pub(crate) fn is_reached(&mut self, committed_at: SystemTime) -> bool {
        self.old_in_a_row = if committed_at < self.old_before { self.old_in_a_row + 1 } else { 0 };
        self.old_in_a_row == OLD_IN_A_ROW
    }
}
