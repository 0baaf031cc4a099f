//! The jobs that failed and then passed on the same commit.

use std::collections::{BTreeMap, BTreeSet};

use super::ran_job::ran_jobs;
use crate::ci::{
    job::{Job, JobResult},
    workflow_run::WorkflowRun,
};

/// The names of a run's jobs that failed in one attempt and passed in a later one. If several jobs have the same name, all of
/// them have to pass.
pub(super) fn flaky_jobs<'a>(run: &WorkflowRun, jobs: &'a [Job]) -> anyhow::Result<BTreeSet<&'a str>> {
    let mut attempts: BTreeMap<(&str, u32), Vec<JobResult>> = BTreeMap::new();
    for ran in ran_jobs(run, jobs)? {
        attempts.entry((&ran.job.name, ran.attempt)).or_default().push(ran.job.result()?);
    }
    let mut failed = BTreeSet::new();
    let mut flaky = BTreeSet::new();
    // For each name, the attempts are in their order.
    for ((name, _), results) in attempts {
        if results.contains(&JobResult::Failed) {
            failed.insert(name);
        } else if results.iter().all(|one| *one == JobResult::Passed) && failed.contains(name) {
            flaky.insert(name);
        }
    }
    Ok(flaky)
}
