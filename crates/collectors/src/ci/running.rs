//! When the jobs of a run decide although the run has not ended. Another job may wait for days, for an approval for
//! example.
//!
//! GitHub lists a job only once the jobs that it needs have ended. So jobs that passed decide only if no job is
//! missing that the newest completed run has.

use super::{
    halt::Halt,
    history::{History, Question},
    job::{Job, up_to_attempt},
    run::{Outcome, Run},
    scope::{Scope, Watched, scope, staleness},
};

/// Maximum number of runs in progress whose jobs are read.
pub(super) const MAX_RUNNING: usize = 5;
/// Maximum number of older runs that are tried to find a completed one.
pub(super) const MAX_CANDIDATES: usize = 5;

/// The jobs of the newest of the older runs that passed or failed.
pub(super) fn jobs_of_completed_run<'h>(
    watched: &Watched<'_>,
    history: &'h History,
    older: &'h [Run],
) -> Result<Option<Vec<&'h Job>>, Halt> {
    let mut seen = 0;
    for run in older {
        if history.is_only_filtered(run.id) && staleness(watched, history)?.is_some() {
            break;
        }
        if scope(watched, history, run)? != Scope::Counts {
            continue;
        }
        seen += 1;
        if seen > MAX_CANDIDATES {
            break;
        }
        if !history.is_confirmed(run.id) {
            return Err(Question::Run(run.id).into());
        }
        if run.is_completed()? && run.outcome()? != Outcome::Nothing {
            let jobs = history.jobs(run.id).ok_or(Question::Jobs(run.id))?;
            return Ok(Some(up_to_attempt(jobs, run.attempt, run.attempt)));
        }
    }
    Ok(None)
}
