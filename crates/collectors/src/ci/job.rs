//! A job of a run, and what its conclusion says.

use std::time::SystemTime;

use anyhow::bail;
use serde::Deserialize;

use super::run::optional_instant;

/// A job in one attempt of a run.
/// See <https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Job {
    /// Its name as GitHub shows it, with the values of the matrix: `test (ubuntu)`.
    pub(super) name: String,
    /// `success`, for example; null while it runs.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) conclusion: Option<String>,
    /// The attempt of the run that it belongs to.
    #[serde(default)]
    pub(super) run_attempt: Option<u32>,
    #[serde(default)]
    pub(super) html_url: Option<String>,
    #[serde(default, deserialize_with = "optional_instant")]
    pub(super) started_at: Option<SystemTime>,
}

/// What a job says about the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobOutcome {
    Passed,
    Failed,
    /// A condition or a job that it needs kept it from running.
    Skipped,
    /// It was cancelled, for example, and might have failed.
    Undecided,
}

impl Job {
    pub(super) fn outcome(&self) -> anyhow::Result<JobOutcome> {
        match self.conclusion.as_deref() {
            Some("success") => Ok(JobOutcome::Passed),
            Some("failure" | "timed_out") => Ok(JobOutcome::Failed),
            Some("skipped") => Ok(JobOutcome::Skipped),
            Some("cancelled" | "neutral" | "action_required") | None => Ok(JobOutcome::Undecided),
            Some(unknown) => bail!("the job `{}` has the unknown conclusion `{unknown}`", self.name),
        }
    }

    pub(super) fn is_skipped(&self) -> bool {
        self.conclusion.as_deref() == Some("skipped")
    }

    /// How it ended, in words.
    pub(super) fn ending(&self) -> &str {
        match self.conclusion.as_deref() {
            Some("success") => "passed",
            Some("failure") => "failed",
            Some("timed_out") => "timed out",
            Some("skipped") => "was skipped",
            Some("cancelled") => "was cancelled",
            Some("neutral") => "ended as neutral",
            Some("action_required") => "has to be approved",
            Some(other) => other,
            None => "has not ended",
        }
    }
}

/// The jobs that an attempt of a run shows: of each name, those of the newest attempt up to it. When only
/// failed jobs are re-run, the others keep their results.
pub(super) fn up_to_attempt(jobs: &[Job], attempt: u32, latest: u32) -> Vec<&Job> {
    let attempt_of = |job: &Job| job.run_attempt.unwrap_or(latest);
    let newest_of = |name: &str| {
        jobs.iter().filter(|job| job.name == name).map(attempt_of).filter(|n| *n <= attempt).max()
    };
    jobs.iter().filter(|job| newest_of(&job.name) == Some(attempt_of(job))).collect()
}
