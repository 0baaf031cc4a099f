//! The jobs that ran on a runner, each once.
//!
//! If only failed jobs are re-run, GitHub lists the other jobs again under the new attempt, with the times of the first
//! attempt. These jobs are copies: they did not run again.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use system_health_registry::Window;

use crate::ci::{job::Job, workflow_run::WorkflowRun};

/// A job that ran or runs on a runner.
#[derive(Debug, Clone, Copy)]
pub(super) struct RanJob<'a> {
    pub(super) job: &'a Job,
    pub(super) attempt: u32,
    pub(super) started_at: SystemTime,
}

/// The jobs of all attempts of a run that ran on a runner.
pub(super) fn ran_jobs<'a>(run: &WorkflowRun, jobs: &'a [Job]) -> anyhow::Result<Vec<RanJob<'a>>> {
    let ran = jobs.iter().filter(|job| job.has_runner() && !job.is_skipped() && !is_copy(run, job, jobs));
    ran.filter_map(|job| ran_job(run, job).transpose()).collect()
}

/// `None` for a job that has not started. GitHub gives a queued job a start, too: the time when it was created.
fn ran_job<'a>(run: &WorkflowRun, job: &'a Job) -> anyhow::Result<Option<RanJob<'a>>> {
    match job.status.as_deref() {
        Some("in_progress" | "completed") => {}
        Some("queued" | "waiting" | "requested" | "pending") => return Ok(None),
        Some(unknown) => bail!("the job `{}` of {} has the unknown status `{unknown}`", job.name, run.name()),
        None => bail!("the job `{}` of {} has no status", job.name, run.name()),
    }
    let started_at = job.started_at.with_context(|| lacks(run, job, "started_at"))?;
    Ok(Some(RanJob { job, attempt: attempt_of(run, job), started_at }))
}

impl RanJob<'_> {
    /// Whether it started within a window.
    pub(super) fn started_within(&self, window: Window) -> bool {
        window.contains(self.started_at)
    }

    /// How long it waited for a runner. GitHub's clocks differ by a second now and then, so a job may start before it is
    /// created. Such a job did not wait.
    pub(super) fn queue_time(&self, run: &WorkflowRun) -> anyhow::Result<Duration> {
        let created_at = self.job.created_at.with_context(|| lacks(run, self.job, "created_at"))?;
        Ok(self.started_at.duration_since(created_at).unwrap_or_default())
    }

    /// How long it ran. `None` while it runs.
    pub(super) fn run_time(&self, run: &WorkflowRun) -> anyhow::Result<Option<Duration>> {
        if self.job.status.as_deref() != Some("completed") {
            return Ok(None);
        }
        let completed_at = self.job.completed_at.with_context(|| lacks(run, self.job, "completed_at"))?;
        Ok(Some(completed_at.duration_since(self.started_at).unwrap_or_default()))
    }

    /// The operating system, from the labels that the job asks for.
    pub(super) fn os(&self) -> &'static str {
        let labels: Vec<String> = self.job.labels.iter().map(|label| label.to_ascii_lowercase()).collect();
        let has = |words: &[&str]| labels.iter().any(|label| words.iter().any(|word| label.contains(word)));
        if has(&["windows"]) {
            "windows"
        } else if has(&["macos", "mac-os", "osx"]) {
            "macos"
        } else if has(&["linux", "ubuntu", "debian"]) {
            "linux"
        } else {
            "other"
        }
    }
}

/// The attempt that lists a job.
pub(super) fn attempt_of(run: &WorkflowRun, job: &Job) -> u32 {
    job.run_attempt.unwrap_or(run.attempt)
}

/// Whether a job did not run in the attempt that lists it, because only other jobs were re-run.
fn is_copy(run: &WorkflowRun, job: &Job, jobs: &[Job]) -> bool {
    let attempt = attempt_of(run, job);
    let is_original = |other: &Job| {
        attempt_of(run, other) < attempt && other.name == job.name && other.started_at == job.started_at
    };
    let started_before_attempt = attempt > 1
        && attempt == run.attempt
        && job.started_at.is_some_and(|started_at| started_at < run.started_at());
    started_before_attempt || jobs.iter().any(is_original)
}

fn lacks(run: &WorkflowRun, job: &Job, field: &str) -> String {
    format!("the job `{}` of {} has no `{field}`", job.name, run.name())
}
