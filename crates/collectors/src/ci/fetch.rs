//! Fetches from GitHub the runs, jobs and commits that `judge` needs.

use anyhow::Context as _;
use http::StatusCode;
use serde::Deserialize;
use system_health_registry::Unavailable;

use super::{
    CiTables,
    job_list::{JobsQuery, list_jobs},
    known_runs::{CiQuery, KnownRuns, RunsPage},
    workflow_run::WorkflowRun,
};
use crate::{
    github::{Cause, GitHubError, GitHubRepository, Permission, no_data_without},
    repository::{Branch, RepositoryName},
};

/// Fetches the runs of one workflow, with their attempts and jobs, and the commits of the branch.
#[derive(Debug)]
pub(super) struct WorkflowClient<'a> {
    pub(super) repository: &'a GitHubRepository,
    pub(super) branch: &'a Branch,
    pub(super) file: &'a str,
    pub(super) tables: &'a CiTables,
}

/// Why the runs cannot be listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunsError {
    /// The workflow does not exist, or the token may not read it.
    #[error(
        "{repository} has no workflow `{file}`, or the token may not read it; `workflow` in {table} is the name of a file in \
         .github/workflows"
    )]
    NoWorkflow { file: String, repository: RepositoryName, table: String, source: GitHubError },
    /// Any other error.
    #[error("cannot list the runs of {file} in {repository}")]
    Failed { file: String, repository: RepositoryName, source: GitHubError },
}

/// See <https://docs.github.com/en/rest/commits/commits#list-commits>.
#[derive(Debug, Deserialize)]
struct CommitResponse {
    sha: String,
}

impl RunsError {
    /// The error of a request for the runs of a workflow. The settings name the workflow in `table`.
    pub(super) fn new(repository: &GitHubRepository, file: &str, table: &str, source: GitHubError) -> Self {
        let (file, repository) = (file.to_owned(), repository.name().clone());
        let is_refused = matches!(source.cause(), Cause::NoPermission { .. });
        if source.status() == Some(StatusCode::NOT_FOUND) && !is_refused {
            Self::NoWorkflow { file, repository, table: table.to_owned(), source }
        } else {
            Self::Failed { file, repository, source }
        }
    }
}

impl WorkflowClient<'_> {
    /// The newest runs on all branches. This list does not come from GitHub's search index, which may be out of date.
    pub(super) async fn newest_runs(&self) -> Result<RunsPage, RunsError> {
        self.runs(&[]).await
    }

    /// Fetches the result of a query and adds it to the known runs.
    pub(super) async fn fetch(&self, query: CiQuery, known: &mut KnownRuns) -> Result<(), Unavailable> {
        let permission = match query {
            CiQuery::Commits => Permission::Contents,
            CiQuery::RunsOfBranch | CiQuery::Run(_) | CiQuery::Attempt(..) | CiQuery::Jobs(_) => {
                Permission::Actions
            }
        };
        let fetched = self.try_fetch(query, known).await;
        fetched.map_err(|error| no_data_without(permission, self.repository.name(), error))
    }

    async fn try_fetch(&self, query: CiQuery, known: &mut KnownRuns) -> anyhow::Result<()> {
        match query {
            CiQuery::RunsOfBranch => {
                let branch = self.branch.as_str();
                known.add_runs_of_branch(self.runs(&[("branch", branch)]).await?, branch);
            }
            CiQuery::Run(run) => known.confirm(self.run(run, &[]).await?),
            CiQuery::Attempt(run, attempt) => {
                let path = ["attempts", &attempt.to_string()];
                known.add_attempt(run, attempt, self.run(run, &path).await?);
            }
            CiQuery::Jobs(run) => {
                // A run that is not confirmed comes from the search index, which may show an earlier attempt than the latest one.
                let latest = known.run(run).filter(|_| known.is_confirmed(run));
                let query = latest.map_or(JobsQuery { run, ended_attempt: None }, JobsQuery::from);
                known.add_jobs(run, list_jobs(self.repository, query).await?);
            }
            CiQuery::Commits => known.add_commits(self.commits().await?),
        }
        Ok(())
    }

    async fn runs(&self, filter: &[(&str, &str)]) -> Result<RunsPage, RunsError> {
        let path = ["actions", "workflows", self.file, "runs"];
        let query = [filter, &[("per_page", "100")]].concat();
        let runs = self.repository.get(&path, &query).await;
        runs.map_err(|source| RunsError::new(self.repository, self.file, &self.tables.workflow, source))
    }

    async fn run(&self, run: u64, attempt_path: &[&str]) -> anyhow::Result<WorkflowRun> {
        let run = run.to_string();
        let path = [&["actions", "runs", &run], attempt_path].concat();
        let response = self.repository.get(&path, &[]).await;
        response.with_context(|| format!("cannot read run {run} in {}", self.repository.name()))
    }

    /// The newest commits of the branch.
    async fn commits(&self) -> anyhow::Result<Vec<String>> {
        let query = [("sha", self.branch.as_str()), ("per_page", "100")];
        let commits: Vec<CommitResponse> =
            self.repository.get(&["commits"], &query).await.with_context(|| {
                format!(
                    "cannot list the commits of the branch `{}` of {}",
                    self.branch,
                    self.repository.name()
                )
            })?;
        Ok(commits.into_iter().map(|commit| commit.sha).collect())
    }
}
