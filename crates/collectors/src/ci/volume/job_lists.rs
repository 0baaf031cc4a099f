//! The jobs of single runs. Each list is read once for all metrics, and takes a request for every 100 jobs, unless an earlier run
//! of the reporter has kept it.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use system_health_registry::{Context, FromContext, Scope, Unavailable};

use super::{
    branch_runs::{BranchRun, BranchRuns},
    once_by_key::OnceByKey,
    request_limit::ensure_within,
};
use crate::{
    ci::{
        CiSettings,
        job::Job,
        job_list::{JobsQuery, list_jobs},
    },
    github::{GitHubRepository, Permission, no_data_without},
    repository::Repository,
};

/// Maximum number of lists that are fetched concurrently.
const MAX_CONCURRENT: usize = 8;

/// The jobs of the runs of a repository, as far as a metric has asked for them.
#[derive(Debug, Clone)]
pub struct JobLists {
    on_github: GitHubRepository,
    limit: usize,
    lists: Arc<OnceByKey<u64, Arc<[Job]>>>,
}

/// A run with the jobs of all of its attempts.
pub(super) type RunWithJobs<'a> = (BranchRun<'a>, Arc<[Job]>);

impl JobLists {
    /// The runs that fulfil a condition, with their jobs.
    pub(super) async fn runs_with_jobs<'a>(
        &self,
        runs: &BranchRuns<'a>,
        condition: impl Fn(&BranchRun<'a>) -> bool,
    ) -> Result<Vec<RunWithJobs<'a>>, Unavailable> {
        let runs: Vec<BranchRun<'a>> = runs.iter().filter(condition).collect();
        let lists = self.lists(runs.iter().map(|found| found.run.into()).collect()).await?;
        Ok(runs.into_iter().zip(lists).collect())
    }

    /// The jobs of each of these runs, in the order of the runs.
    pub(super) async fn lists(&self, runs: Vec<JobsQuery>) -> Result<Vec<Arc<[Job]>>, Unavailable> {
        ensure_within(runs.len(), self.limit, "lists of jobs")?;
        stream::iter(runs).map(|run| self.list(run)).buffered(MAX_CONCURRENT).try_collect().await
    }

    /// The jobs of all attempts of a run.
    pub(super) async fn list(&self, query: JobsQuery) -> Result<Arc<[Job]>, Unavailable> {
        let request = async || {
            let list = list_jobs(&self.on_github, query).await;
            list.map(Arc::from)
                .map_err(|error| no_data_without(Permission::Actions, self.on_github.name(), error))
        };
        self.lists.get(query.run, request).await
    }
}

impl FromContext for JobLists {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<Repository>().await?.ci_settings(&context.get::<CiSettings>().await?);
        Ok(Self {
            on_github: context.get().await?,
            limit: settings.max_run_requests as usize,
            lists: Arc::default(),
        })
    }
}
