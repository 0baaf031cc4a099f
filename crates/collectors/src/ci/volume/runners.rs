//! The jobs that wait for runners now, and the runners themselves.

use anyhow::Context as _;
use serde::Deserialize;
use system_health_registry::{Context, FromContext, Sample, Scope, Unavailable, system_health_metric};

use super::{job_lists::JobLists, recent_runs::RecentRuns};
use crate::{
    ci::workflow_run::RunConclusion,
    github::{GitHubRepository, Permission, no_data_without},
    repository::Repository,
};

/// The repository's own runners, by their status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Runners {
    /// Online, without a job.
    pub idle: u64,
    /// Online, with a job.
    pub busy: u64,
    /// Not connected.
    pub offline: u64,
}

/// See <https://docs.github.com/en/rest/actions/self-hosted-runners#list-self-hosted-runners-for-a-repository>.
#[derive(Debug, Deserialize)]
struct RunnersPage {
    total_count: usize,
    runners: Vec<Runner>,
}

#[derive(Debug, Deserialize)]
struct Runner {
    name: String,
    status: String,
    busy: bool,
}

/// Jobs that wait for a runner now, in all recent runs of the repository.
#[system_health_metric(
    key = "ci.queued_jobs",
    each = Repository,
    unit = "job",
    aggregate = "sum",
    timeout = "1h",
    enabled = false,
    requests = 3,
    only_now = "GitHub lists only current jobs and runners"
)]
pub async fn queued_jobs(recent: RecentRuns, lists: JobLists) -> Result<Sample, Unavailable> {
    let mut unfinished = Vec::new();
    for run in recent.on_all_branches() {
        if run.conclusion()? == RunConclusion::None {
            unfinished.push(run.into());
        }
    }
    let jobs = lists.lists(unfinished).await?;
    let is_queued = |status: &Option<String>| status.as_deref() == Some("queued");
    Ok(Sample::new(jobs.iter().flat_map(|jobs| jobs.iter()).filter(|job| is_queued(&job.status)).count())?)
}

/// The repository's own self-hosted runners, by status: idle, busy or offline.
#[system_health_metric(
    key = "ci.runners",
    each = Repository,
    unit = "runner",
    aggregate = "sum",
    by = ["status"],
    timeout = "1h",
    enabled = false,
    requests = 1,
    only_now = "GitHub lists only current jobs and runners"
)]
pub fn runners(runners: Runners) -> Result<Vec<Sample>, Unavailable> {
    let Runners { idle, busy, offline } = runners;
    let sample = |(status, count): (&str, u64)| Ok(Sample::new(count)?.with_tag("status", status)?);
    [("idle", idle), ("busy", busy), ("offline", offline)].into_iter().map(sample).collect()
}

impl Runners {
    fn add(&mut self, runner: &Runner) -> anyhow::Result<()> {
        match (runner.status.as_str(), runner.busy) {
            ("online", true) => self.busy += 1,
            ("online", false) => self.idle += 1,
            ("offline", _) => self.offline += 1,
            (unknown, _) => anyhow::bail!("the runner `{}` has the unknown status `{unknown}`", runner.name),
        }
        Ok(())
    }
}

impl FromContext for Runners {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let on_github = context.get::<GitHubRepository>().await?;
        let failed = || format!("cannot list the runners of {}", on_github.name());
        let pages =
            on_github.pages::<RunnersPage>(&["actions", "runners"], &[("per_page", "100")]).all().await;
        let pages = pages.with_context(failed);
        let pages =
            pages.map_err(|error| no_data_without(Permission::Administration, on_github.name(), error))?;
        let mut runners = Self::default();
        let (mut listed, mut announced) = (0, 0);
        for page in pages {
            announced = page.total_count;
            listed += page.runners.len();
            page.runners.iter().try_for_each(|runner| runners.add(runner))?;
        }
        if listed != announced {
            let error = format!("GitHub listed {listed} of the {announced} runners of {}", on_github.name());
            return Err(anyhow::Error::msg(error).into());
        }
        Ok(runners)
    }
}
