//! Where a run prints its data and shows its progress.

use indicatif::ProgressBar;

use crate::output::Stdout;

/// Where a run prints its data and shows its progress.
#[derive(Clone, Copy)]
pub(super) struct RunOutput<'a> {
    pub(super) stdout: Stdout,
    pub(super) progress: &'a ProgressBar,
    /// Whether `--quiet` is set.
    pub(super) quiet: bool,
}

impl RunOutput<'_> {
    /// Whether to show the progress, given the flag `--no-progress`.
    pub(super) fn shows_progress(&self, no_progress: bool) -> bool {
        !no_progress && !self.quiet
    }
}
