//! The list of a run's jobs. It takes a request for every 100 jobs.

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::job::Job;
use crate::github::GitHubRepository;

/// See <https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>.
#[derive(Debug, Deserialize)]
struct JobsPage {
    total_count: usize,
    jobs: Vec<Job>,
}

/// All jobs of all attempts of a run.
pub(super) async fn list_jobs(repository: &GitHubRepository, run: u64) -> anyhow::Result<Vec<Job>> {
    let (run, name) = (run.to_string(), repository.name());
    let path = ["actions", "runs", &run, "jobs"];
    let pages = repository.pages::<JobsPage>(&path, &[("filter", "all"), ("per_page", "100")]).all().await;
    let pages = pages.with_context(|| format!("cannot list the jobs of run {run} in {name}"))?;
    let expected = pages.last().map_or(0, |page| page.total_count);
    let jobs: Vec<Job> = pages.into_iter().flat_map(|page| page.jobs).collect();
    if jobs.len() != expected {
        bail!("GitHub listed {} of the {expected} jobs of run {run} in {name}", jobs.len());
    }
    Ok(jobs)
}
