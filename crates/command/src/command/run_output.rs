//! Where a run prints its data and shows its progress, and what collects its trace.

use indicatif::ProgressBar;

use crate::{output::Stdout, traces::ProgramTraces};

/// Where a run prints its data and shows its progress, and what collects its trace.
#[derive(Clone, Copy)]
pub(super) struct RunOutput<'a> {
    pub(super) stdout: Stdout,
    pub(super) progress: &'a ProgressBar,
    pub(super) traces: &'a ProgramTraces,
    /// Whether `--quiet` is set.
    pub(super) quiet: bool,
}

impl RunOutput<'_> {
    /// Whether to show the progress, given the flag `--no-progress`.
    pub(super) fn shows_progress(&self, no_progress: bool) -> bool {
        !no_progress && !self.quiet
    }
}
