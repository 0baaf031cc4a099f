//! The list of a run's jobs. It takes a request for every 100 jobs.
//!
//! Once a run and all of its jobs have ended, the list changes only with a new attempt. So the list is kept with the number of the
//! attempt, and later runs of the reporter use it without a request. It is kept as [`Job`]s, which need much less
//! space than GitHub's response.

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::{job::Job, workflow_run::WorkflowRun};
use crate::github::GitHubRepository;

/// See <https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>.
#[derive(Debug, Deserialize)]
struct JobsPage {
    total_count: usize,
    jobs: Vec<Job>,
}

/// The run whose jobs are listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct JobsQuery {
    pub(super) run: u64,
    /// The latest attempt, if it has ended.
    pub(super) ended_attempt: Option<u32>,
}

impl From<&WorkflowRun> for JobsQuery {
    /// The run is given in its latest attempt.
    fn from(run: &WorkflowRun) -> Self {
        Self { run: run.id, ended_attempt: run.ended_attempt() }
    }
}

/// All jobs of all attempts of a run.
pub(super) async fn list_jobs(
    repository: &GitHubRepository,
    JobsQuery { run, ended_attempt }: JobsQuery,
) -> anyhow::Result<Vec<Job>> {
    let Some(attempt) = ended_attempt else { return request_jobs(repository, run).await };
    // Another version of the reporter may read other fields of a job.
    let key = format!("jobs of run {run} up to attempt {attempt}, version {}", env!("CARGO_PKG_VERSION"));
    if let Some(kept) = repository.load_final(&key).await {
        return Ok(kept);
    }
    let jobs = request_jobs(repository, run).await?;
    if is_final(&jobs, attempt) {
        repository.save_final(&key, &jobs).await;
    }
    Ok(jobs)
}

async fn request_jobs(repository: &GitHubRepository, run: u64) -> anyhow::Result<Vec<Job>> {
    let (run, name) = (run.to_string(), repository.name());
    let path = ["actions", "runs", &run, "jobs"];
    let pages = repository.pages::<JobsPage>(&path, &[("filter", "all"), ("per_page", "100")]);
    let pages = pages.keep_if(|page| page.jobs.is_empty() || !page.jobs.iter().all(has_ended)).all().await;
    let pages = pages.with_context(|| format!("cannot list the jobs of run {run} in {name}"))?;
    let expected = pages.last().map_or(0, |page| page.total_count);
    let jobs: Vec<Job> = pages.into_iter().flat_map(|page| page.jobs).collect();
    if jobs.len() != expected {
        bail!("GitHub listed {} of the {expected} jobs of run {run} in {name}", jobs.len());
    }
    Ok(jobs)
}

/// Whether the list cannot change without a new attempt: the attempt has jobs, all jobs have ended, and none is of a later attempt.
fn is_final(jobs: &[Job], attempt: u32) -> bool {
    let latest = jobs.iter().map(|job| job.run_attempt.unwrap_or(1)).max();
    latest == Some(attempt) && jobs.iter().all(has_ended)
}

fn has_ended(job: &Job) -> bool {
    job.status.as_deref() == Some("completed") && job.conclusion.is_some() && job.completed_at.is_some()
}
