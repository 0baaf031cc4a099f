//! A job of a workflow run, and its result.

use std::time::SystemTime;

use anyhow::bail;
use serde::{Deserialize, Serialize};

use super::workflow_run::{deserialize_optional_time, serialize_optional_time};

/// A job in one attempt of a workflow run.
/// See <https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>.
///
/// `job_list` also saves jobs in this form, for later runs of the reporter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    /// The name as GitHub shows it, with the values of the matrix: `test (ubuntu)`.
    pub(super) name: String,
    /// Such as `success`. Null while the job is in progress.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) conclusion: Option<String>,
    /// The attempt of the run that the job belongs to.
    #[serde(default)]
    pub(super) run_attempt: Option<u32>,
    #[serde(default)]
    pub(super) html_url: Option<String>,
    #[serde(
        default,
        serialize_with = "serialize_optional_time",
        deserialize_with = "deserialize_optional_time"
    )]
    pub(super) started_at: Option<SystemTime>,
    /// Such as `queued`.
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(
        default,
        serialize_with = "serialize_optional_time",
        deserialize_with = "deserialize_optional_time"
    )]
    pub(super) created_at: Option<SystemTime>,
    #[serde(
        default,
        serialize_with = "serialize_optional_time",
        deserialize_with = "deserialize_optional_time"
    )]
    pub(super) completed_at: Option<SystemTime>,
    /// What `runs-on` asks for.
    #[serde(default)]
    pub(super) labels: Vec<String>,
    /// 0 or null without a runner.
    #[serde(default)]
    pub(super) runner_id: Option<u64>,
    /// Empty or null without a runner.
    #[serde(default)]
    pub(super) runner_name: Option<String>,
}

/// What a job's conclusion means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobResult {
    Passed,
    Failed,
    /// The job did not run because of a condition, or because of a job that it needs.
    Skipped,
    /// The job neither passed nor failed nor was skipped. It may have been cancelled, for example, or be in progress.
    Undecided,
}

impl Job {
    pub(super) fn result(&self) -> anyhow::Result<JobResult> {
        match self.conclusion.as_deref() {
            Some("success") => Ok(JobResult::Passed),
            Some("failure" | "timed_out") => Ok(JobResult::Failed),
            Some("skipped") => Ok(JobResult::Skipped),
            Some("cancelled" | "neutral" | "action_required") | None => Ok(JobResult::Undecided),
            Some(unknown) => bail!("the job `{}` has the unknown conclusion `{unknown}`", self.name),
        }
    }

    pub(super) fn is_skipped(&self) -> bool {
        self.conclusion.as_deref() == Some("skipped")
    }

    /// Whether a runner took the job. If none did, GitHub gives the runner as null, or as 0 with an empty name.
    pub(super) fn has_runner(&self) -> bool {
        self.runner_id.is_some_and(|id| id > 0)
            || self.runner_name.as_deref().is_some_and(|name| !name.is_empty())
    }

    /// How the job ended, for messages.
    pub(super) fn ending_in_words(&self) -> &str {
        match self.conclusion.as_deref() {
            Some("success") => "passed",
            Some("failure") => "failed",
            Some("timed_out") => "timed out",
            Some("skipped") => "was skipped",
            Some("cancelled") => "was cancelled",
            Some("neutral") => "ended as neutral",
            Some("action_required") => "needs an approval",
            Some(other) => other,
            None => "has not ended",
        }
    }
}

/// The jobs that GitHub shows for `attempt`: for each name, the jobs of the newest attempt that is not after `attempt`. If
/// only failed jobs are re-run, the other jobs keep their results. A job without an attempt belongs to `latest`.
pub(super) fn up_to_attempt(jobs: &[Job], attempt: u32, latest: u32) -> Vec<&Job> {
    let attempt_of = |job: &Job| job.run_attempt.unwrap_or(latest);
    let newest_of = |name: &str| {
        jobs.iter().filter(|job| job.name == name).map(attempt_of).filter(|n| *n <= attempt).max()
    };
    jobs.iter().filter(|job| newest_of(&job.name) == Some(attempt_of(job))).collect()
}
