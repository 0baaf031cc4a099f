//! How long a run took.

use std::time::Duration;

use super::ran_job::attempt_of;
use crate::ci::{
    job::Job,
    workflow_run::{RunConclusion, WorkflowRun},
};

/// Whether a run ended by itself or at its own time limit, and not because it was stopped.
pub(super) const fn ran_to_its_end(conclusion: RunConclusion) -> bool {
    matches!(conclusion, RunConclusion::Success | RunConclusion::Failure | RunConclusion::TimedOut)
}

/// The time from the start of the latest attempt to the end of its last job. GitHub does not say when the run itself ended,
/// and its `updated_at` may be later. `None` if no job ended, such as in a run with an invalid workflow file.
pub(super) fn duration(run: &WorkflowRun, jobs: &[Job]) -> Option<Duration> {
    let latest = jobs.iter().filter(|job| attempt_of(run, job) == run.attempt);
    let ended = latest.filter_map(|job| job.completed_at).max()?;
    ended.duration_since(run.started_at()).ok()
}
