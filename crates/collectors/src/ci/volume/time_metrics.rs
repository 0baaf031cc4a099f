//! The metrics about durations. They need the jobs of almost every run, and request them run by run.

use std::{collections::BTreeMap, time::Duration};

use system_health_registry::{Sample, Unavailable, Window, system_health_metric};

use super::{
    branch_runs::BranchRuns,
    duration::{duration, ran_to_its_end},
    job_lists::JobLists,
    ran_job::ran_jobs,
    recent_runs::RecentRuns,
};
use crate::{ci::workflow_run::RunConclusion, repository::Repository, statistics::quantile_samples};

/// How long the runs that passed or failed on the branch within the window took, from the start of the latest attempt to
/// the end of its last job.
#[system_health_metric(
    key = "ci.duration_seconds",
    each = Repository,
    unit = "second",
    aggregate = "max",
    by = ["workflow", "quantile"],
    timeout = "1h",
    enabled = false,
    requests = 50,
    only_now = "it would take a request for every run"
)]
pub async fn duration_seconds(
    recent: RecentRuns,
    lists: JobLists,
    window: Window,
) -> Result<Vec<Sample>, Unavailable> {
    let runs = recent.on_branch(window)?;
    let durations = durations(&runs, &lists).await?;
    let mut samples = Vec::new();
    for (workflow, durations) in durations.into_iter().filter(|(_, durations)| !durations.is_empty()) {
        for sample in quantile_samples(seconds(durations), "runs that ended")? {
            samples.push(runs.tagged(sample)?.with_tag("workflow", workflow)?);
        }
    }
    if samples.is_empty() {
        return Err(runs.no_data("none ran to its end").into());
    }
    Ok(samples)
}

/// Runs behind `ci.duration_seconds`, by workflow.
#[system_health_metric(
    key = "ci.duration_seconds_samples",
    each = Repository,
    unit = "run",
    aggregate = "sum",
    by = ["workflow"],
    timeout = "1h",
    enabled = false,
    requests = 50,
    only_now = "it would take a request for every run"
)]
pub async fn duration_seconds_samples(
    recent: RecentRuns,
    lists: JobLists,
    window: Window,
) -> Result<Vec<Sample>, Unavailable> {
    let runs = recent.on_branch(window)?;
    let mut samples = Vec::new();
    for (workflow, durations) in durations(&runs, &lists).await? {
        samples.push(runs.sample(durations.len())?.with_tag("workflow", workflow)?);
    }
    if samples.is_empty() {
        return Err(runs.no_data("no workflow runs on the branch").into());
    }
    Ok(samples)
}

/// How long the jobs that started within the window waited for a runner, in runs that tested the branch.
#[system_health_metric(
    key = "ci.queue_seconds",
    each = Repository,
    unit = "second",
    aggregate = "max",
    by = ["quantile"],
    timeout = "1h",
    enabled = false,
    requests = 50,
    only_now = "it would take a request for every run"
)]
pub async fn queue_seconds(
    recent: RecentRuns,
    lists: JobLists,
    window: Window,
) -> Result<Vec<Sample>, Unavailable> {
    let runs = recent.on_branch(window)?;
    let waits = waits(&runs, &lists, window).await?;
    if waits.is_empty() {
        return Err(runs.no_data("no job started on a runner").into());
    }
    let tagged = |sample| Ok(runs.tagged(sample)?);
    quantile_samples(seconds(waits), "jobs that started")?.into_iter().map(tagged).collect()
}

/// Jobs behind `ci.queue_seconds`.
#[system_health_metric(
    key = "ci.queue_seconds_samples",
    each = Repository,
    unit = "job",
    aggregate = "sum",
    timeout = "1h",
    enabled = false,
    requests = 50,
    only_now = "it would take a request for every run"
)]
pub async fn queue_seconds_samples(
    recent: RecentRuns,
    lists: JobLists,
    window: Window,
) -> Result<Sample, Unavailable> {
    let runs = recent.on_branch(window)?;
    let waits = waits(&runs, &lists, window).await?;
    Ok(runs.sample(waits.len())?)
}

/// Minutes that jobs ran on runners, by operating system, for the jobs that started within the window and have ended, in
/// runs that tested the branch.
#[system_health_metric(
    key = "ci.runner_minutes",
    each = Repository,
    unit = "minute",
    aggregate = "sum",
    by = ["os"],
    timeout = "1h",
    enabled = false,
    requests = 50,
    only_now = "it would take a request for every run"
)]
pub async fn runner_minutes(
    recent: RecentRuns,
    lists: JobLists,
    window: Window,
) -> Result<Vec<Sample>, Unavailable> {
    let runs = recent.on_branch(window)?;
    let mut times: BTreeMap<&str, Duration> = BTreeMap::new();
    for (found, jobs) in
        lists.runs_with_jobs(&runs, |found| found.conclusion != RunConclusion::Skipped).await?
    {
        for job in ran_jobs(found.run, &jobs)?.into_iter().filter(|job| job.started_within(window)) {
            if let Some(ran) = job.run_time(found.run)? {
                *times.entry(job.os()).or_default() += ran;
            }
        }
    }
    if times.is_empty() {
        return Err(runs.no_data("no job ended on a runner").into());
    }
    let sample =
        |(os, time): (&str, Duration)| Ok(runs.sample(time.as_secs_f64() / 60.0)?.with_tag("os", os)?);
    times.into_iter().map(sample).collect()
}

/// The durations of the runs that ran to their end, by workflow. The branch's other workflows have empty lists.
async fn durations<'a>(
    runs: &BranchRuns<'a>,
    lists: &JobLists,
) -> Result<BTreeMap<&'a str, Vec<Duration>>, Unavailable> {
    let mut durations: BTreeMap<&str, Vec<Duration>> =
        runs.workflows()?.into_iter().map(|workflow| (workflow, Vec::new())).collect();
    for (found, jobs) in lists.runs_with_jobs(runs, |found| ran_to_its_end(found.conclusion)).await? {
        durations.entry(found.run.workflow()?).or_default().extend(duration(found.run, &jobs));
    }
    Ok(durations)
}

/// How long the jobs that started within the window waited.
async fn waits(
    runs: &BranchRuns<'_>,
    lists: &JobLists,
    window: Window,
) -> Result<Vec<Duration>, Unavailable> {
    let mut waits = Vec::new();
    for (found, jobs) in
        lists.runs_with_jobs(runs, |found| found.conclusion != RunConclusion::Skipped).await?
    {
        for job in ran_jobs(found.run, &jobs)?.into_iter().filter(|job| job.started_within(window)) {
            waits.push(job.queue_time(found.run)?);
        }
    }
    Ok(waits)
}

fn seconds(durations: Vec<Duration>) -> Vec<f64> {
    durations.into_iter().map(|duration| duration.as_secs_f64()).collect()
}
