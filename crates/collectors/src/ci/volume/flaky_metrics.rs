//! The metrics about runs and jobs that failed and then passed on the same commit. In addition to the list of runs, they
//! request only the attempts or jobs of runs that were re-run.

use std::collections::BTreeMap;

use system_health_registry::{
    EvidenceItem, ItemError, NoData, Sample, Tag, Unavailable, Window, system_health_metric,
};

use super::{
    branch_runs::BranchRun, flaky_jobs::flaky_jobs as flaky_jobs_of, job_lists::JobLists,
    recent_runs::RecentRuns, reruns::Reruns,
};
use crate::repository::Repository;

/// Maximum number of jobs that have a sample.
const MAX_JOBS: usize = 10;

/// Runs whose latest attempt started within the window, and that failed and passed in a later attempt on the same commit.
#[system_health_metric(
    key = "ci.flaky_runs",
    each = Repository,
    unit = "run",
    aggregate = "sum",
    goal = "< 3",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/ci.flaky_runs.md",
    recovery = "1",
    timeout = "1h",
    enabled = false,
    requests = 2,
    only_now = "it would take requests for every run that was re-run"
)]
pub fn flaky_runs(recent: RecentRuns, reruns: Reruns, window: Window) -> Result<Sample, Unavailable> {
    let counts = |found: &BranchRun<'_>| {
        if reruns.is_flaky(found.run, found.conclusion) {
            (true, "an attempt failed and a later one passed".to_owned())
        } else if found.run.attempt > 1 {
            (false, "no attempt passed after a failed one".to_owned())
        } else {
            (false, "it was not re-run".to_owned())
        }
    };
    Ok(recent.on_branch(window)?.count(counts)?)
}

/// Runs in which a job failed and then passed in a later attempt on the same commit. Only the ten jobs with the most such
/// runs are reported.
#[system_health_metric(
    key = "ci.flaky_jobs",
    each = Repository,
    unit = "run",
    aggregate = "sum",
    by = ["job"],
    timeout = "1h",
    enabled = false,
    requests = 2,
    only_now = "it would take requests for every run that was re-run"
)]
pub async fn flaky_jobs(
    recent: RecentRuns,
    lists: JobLists,
    window: Window,
) -> Result<Vec<Result<Sample, ItemError>>, Unavailable> {
    let runs = recent.on_branch(window)?;
    let reruns = lists.runs_with_jobs(&runs, |found| found.run.attempt > 1).await?;
    let mut flaky: BTreeMap<(&str, String), FlakyJob<'_>> = BTreeMap::new();
    for (found, jobs) in &reruns {
        // Names that become the same tag are one job, and the run counts once for it.
        let mut in_run: BTreeMap<String, &str> = BTreeMap::new();
        for name in flaky_jobs_of(found.run, jobs)? {
            let tag = Tag::new("job", name).map_or_else(|_| name.to_owned(), |tag| tag.to_string());
            in_run.entry(tag).or_insert(name);
        }
        for (tag, name) in in_run {
            let job = flaky.entry((found.run.workflow()?, tag)).or_insert_with(|| FlakyJob::new(name));
            job.runs.push(found.item());
        }
    }
    if flaky.is_empty() {
        let reason = match reruns.len() {
            0 => "no run was re-run".to_owned(),
            1 => "no job failed and then passed in the one run that was re-run".to_owned(),
            count => format!("no job failed and then passed in the {count} runs that were re-run"),
        };
        return Err(NoData::new(reason)
            .with_evidence(runs.evidence(|run| (false, run.run.ending_in_words().to_owned())))
            .into());
    }
    let mut worst: Vec<_> = flaky.into_iter().collect();
    // The sort is stable: jobs with the same number of runs stay in the order of their workflows and names.
    worst.sort_by_key(|(_, job)| std::cmp::Reverse(job.runs.len()));
    worst.truncate(MAX_JOBS);
    let sample = |((workflow, _), job): ((&str, String), FlakyJob<'_>)| {
        let sample = runs.sample(job.runs.len())?.with_tag("workflow", workflow)?;
        let sample = sample.with_tag("job", job.name);
        let sample = sample.map_err(|error| ItemError::new(error).with_tag("workflow", workflow))?;
        Ok(sample.with_evidence(job.runs))
    };
    Ok(worst.into_iter().map(sample).collect())
}

/// A job with the runs in which it was flaky.
struct FlakyJob<'a> {
    name: &'a str,
    runs: Vec<EvidenceItem>,
}

impl<'a> FlakyJob<'a> {
    const fn new(name: &'a str) -> Self {
        Self { name, runs: Vec::new() }
    }
}
