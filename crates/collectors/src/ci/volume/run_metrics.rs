//! The metrics that need only the list of runs. A backfill may also request earlier attempts and jobs.

use std::collections::BTreeMap;

use system_health_registry::{Sample, Unavailable, Window, system_health_metric};

use super::{branch_runs::BranchRun, past_runs::RunsAtInstant, recent_runs::RecentRuns};
use crate::{
    ci::workflow_run::{RunConclusion, RunResult},
    repository::Repository,
    statistics::ratio,
};

/// Runs that tested the branch within the window, by workflow and by the conclusion of their latest attempt.
#[system_health_metric(
    key = "ci.runs",
    each = Repository,
    unit = "run",
    aggregate = "sum",
    by = ["conclusion"],
    timeout = "1h",
    enabled = false,
    requests = 1,
    backfill = true
)]
pub fn runs(recent: RunsAtInstant, window: Window) -> Result<Vec<Sample>, Unavailable> {
    let runs = recent.on_branch(window)?;
    let mut counts = BTreeMap::new();
    for workflow in runs.workflows()? {
        // A workflow that runs on the branch has zeros instead of a gap.
        counts.insert((workflow, RunConclusion::Success), 0_u64);
        counts.insert((workflow, RunConclusion::Failure), 0);
    }
    for BranchRun { run, conclusion } in runs.iter() {
        *counts.entry((run.workflow()?, conclusion)).or_default() += 1;
    }
    if counts.is_empty() {
        return Err(runs.no_data("no workflow runs on the branch").into());
    }
    let mut samples = Vec::new();
    for ((workflow, conclusion), count) in counts {
        let sample = runs
            .sample(count)?
            .with_tag("workflow", workflow)?
            .with_tag("conclusion", conclusion.as_str())?;
        samples.push(sample);
    }
    Ok(samples)
}

/// Share of passed runs among those that passed or failed on the branch within the window. A run that was re-run has the
/// result of its latest attempt.
#[system_health_metric(
    key = "ci.success_ratio",
    each = Repository,
    unit = "fraction",
    aggregate = "min",
    goal = ">= 0.9",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/ci.success_ratio.md",
    recovery = "0.95",
    timeout = "1h",
    enabled = false,
    requests = 1,
    backfill = true
)]
pub fn success_ratio(recent: RunsAtInstant, window: Window) -> Result<Sample, Unavailable> {
    let runs = recent.on_branch(window)?;
    let count = |result| runs.iter().filter(|run| run.result() == result).count();
    let (passed, failed) = (count(RunResult::Passed), count(RunResult::Failed));
    if passed + failed == 0 {
        return Err(runs.no_data("none passed or failed").into());
    }
    let ratio = ratio(passed, passed + failed, "runs that passed or failed")?;
    Ok(runs.sample(ratio)?.with_evidence(runs.evidence(decided)))
}

/// Runs that passed or failed on the branch within the window: those behind `ci.success_ratio`.
#[system_health_metric(
    key = "ci.success_ratio_samples",
    each = Repository,
    unit = "run",
    aggregate = "sum",
    timeout = "1h",
    enabled = false,
    requests = 1,
    backfill = true
)]
pub fn success_ratio_samples(recent: RunsAtInstant, window: Window) -> Result<Sample, Unavailable> {
    Ok(recent.on_branch(window)?.count(decided)?)
}

/// Runs that tested the branch within the window and were cancelled, by a person, a newer run or a time limit.
#[system_health_metric(
    key = "ci.cancelled_runs",
    each = Repository,
    unit = "run",
    aggregate = "sum",
    timeout = "1h",
    enabled = false,
    requests = 1,
    backfill = true
)]
pub fn cancelled_runs(recent: RunsAtInstant, window: Window) -> Result<Sample, Unavailable> {
    count_conclusion(&recent, window, RunConclusion::Cancelled)
}

/// Runs that tested the branch within the window and ended with GitHub's conclusion `timed_out`.
#[system_health_metric(
    key = "ci.timed_out_runs",
    each = Repository,
    unit = "run",
    aggregate = "sum",
    timeout = "1h",
    enabled = false,
    requests = 1,
    backfill = true
)]
pub fn timed_out_runs(recent: RunsAtInstant, window: Window) -> Result<Sample, Unavailable> {
    count_conclusion(&recent, window, RunConclusion::TimedOut)
}

/// Runs that tested the branch and were re-run: their latest attempt is not the first and started within the window.
#[system_health_metric(
    key = "ci.rerun_runs",
    each = Repository,
    unit = "run",
    aggregate = "sum",
    timeout = "1h",
    enabled = false,
    requests = 1,
    backfill = true
)]
pub fn rerun_runs(recent: RunsAtInstant, window: Window) -> Result<Sample, Unavailable> {
    let is_rerun = |found: &BranchRun<'_>| match found.run.attempt {
        0 | 1 => (false, "it was not re-run".to_owned()),
        attempt => (true, format!("it has {attempt} attempts")),
    };
    Ok(recent.on_branch(window)?.count(is_rerun)?)
}

fn count_conclusion(
    recent: &RecentRuns,
    window: Window,
    conclusion: RunConclusion,
) -> Result<Sample, Unavailable> {
    let counts =
        |found: &BranchRun<'_>| (found.conclusion == conclusion, found.run.ending_in_words().to_owned());
    Ok(recent.on_branch(window)?.count(counts)?)
}

/// Whether a run counts because it passed or failed, and how it ended.
fn decided(found: &BranchRun<'_>) -> (bool, String) {
    (found.result() != RunResult::Undecided, found.run.ending_in_words().to_owned())
}
