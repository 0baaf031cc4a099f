//! Runs in progress whose jobs already decide. Another job of the run may wait for days, for example for an approval.
//!
//! GitHub lists a job only after the jobs that it needs have ended. So selected jobs that passed decide only if the
//! run lists all selected jobs of the newest older run that passed or failed.

use super::{
    early_end::EarlyEnd,
    job::{Job, up_to_attempt},
    known_runs::{CiQuery, KnownRuns},
    relevance::{Relevance, WatchedWorkflow, relevance, staleness},
    workflow_run::{RunResult, WorkflowRun},
};

/// Maximum number of runs in progress whose jobs are read.
pub(super) const MAX_RUNNING: usize = 5;
/// Maximum number of older runs that are searched for one that passed or failed.
pub(super) const MAX_CANDIDATES: usize = 5;

/// The jobs of the newest older run that passed or failed.
pub(super) fn jobs_of_completed_run<'h>(
    watched: &WatchedWorkflow<'_>,
    known: &'h KnownRuns,
    older: &'h [WorkflowRun],
) -> Result<Option<Vec<&'h Job>>, EarlyEnd> {
    let mut candidates = 0;
    for run in older {
        if known.is_only_filtered(run.id) && staleness(watched, known)?.is_some() {
            break;
        }
        if relevance(watched, known, run)? != Relevance::Counts {
            continue;
        }
        candidates += 1;
        if candidates > MAX_CANDIDATES {
            break;
        }
        if !known.is_confirmed(run.id) {
            return Err(CiQuery::Run(run.id).into());
        }
        if run.is_completed()? && run.result()? != RunResult::Undecided {
            let jobs = known.jobs(run.id).ok_or(CiQuery::Jobs(run.id))?;
            return Ok(Some(up_to_attempt(jobs, run.attempt, run.attempt)));
        }
    }
    Ok(None)
}
