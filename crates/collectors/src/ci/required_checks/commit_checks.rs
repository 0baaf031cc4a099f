//! Reads the checks of a commit, and lists its first parents.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use system_health_registry::Unavailable;

use super::check::{Check, CheckSource, CheckState};
use crate::github::{GitHubRepository, Permission, no_data_without};

/// See <https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference>.
#[derive(Debug, Deserialize)]
struct CheckRunsPage {
    total_count: usize,
    check_runs: Vec<CheckRun>,
}

#[derive(Debug, Deserialize)]
struct CheckRun {
    id: u64,
    name: String,
    status: String,
    conclusion: Option<String>,
    html_url: Option<String>,
    app: Option<App>,
}

#[derive(Debug, Deserialize)]
struct App {
    id: u64,
}

/// See <https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference>.
#[derive(Debug, Deserialize)]
struct StatusPage {
    total_count: usize,
    statuses: Vec<Status>,
}

#[derive(Debug, Deserialize)]
struct Status {
    id: u64,
    context: String,
    state: String,
    target_url: Option<String>,
}

/// See <https://docs.github.com/en/rest/commits/commits#list-commits>.
#[derive(Debug, Deserialize)]
struct CommitResponse {
    sha: String,
    parents: Vec<Parent>,
}

#[derive(Debug, Deserialize)]
struct Parent {
    sha: String,
}

/// The check runs and the statuses of a commit.
pub(super) async fn read(repository: &GitHubRepository, commit: &str) -> Result<Vec<Check>, Unavailable> {
    let name = repository.name();
    let (runs, statuses) = tokio::join!(check_runs(repository, commit), statuses(repository, commit));
    let mut checks = runs.map_err(|error| no_data_without(Permission::Checks, name, error))?;
    checks.extend(statuses.map_err(|error| no_data_without(Permission::CommitStatuses, name, error))?);
    Ok(checks)
}

async fn check_runs(repository: &GitHubRepository, commit: &str) -> anyhow::Result<Vec<Check>> {
    let failed = || format!("cannot list the check runs of {commit} of {}", repository.name());
    let path = ["commits", commit, "check-runs"];
    let query = [("filter", "latest"), ("per_page", "100")];
    let pages = repository.pages::<CheckRunsPage>(&path, &query).all().await.with_context(failed)?;
    let announced = pages.last().map_or(0, |page| page.total_count);
    let runs: Vec<CheckRun> = pages.into_iter().flat_map(|page| page.check_runs).collect();
    if runs.len() < announced {
        bail!("GitHub listed {} of the {announced} check runs of {commit}", runs.len());
    }
    runs.into_iter().map(CheckRun::into_check).collect::<anyhow::Result<_>>().with_context(failed)
}

/// The latest status of each context.
async fn statuses(repository: &GitHubRepository, commit: &str) -> anyhow::Result<Vec<Check>> {
    let failed = || format!("cannot list the statuses of {commit} of {}", repository.name());
    let path = ["commits", commit, "status"];
    let pages = repository.pages::<StatusPage>(&path, &[("per_page", "100")]).all().await;
    let pages = pages.with_context(failed)?;
    let announced = pages.last().map_or(0, |page| page.total_count);
    let statuses: Vec<Status> = pages.into_iter().flat_map(|page| page.statuses).collect();
    if statuses.len() < announced {
        bail!("GitHub listed {} of the {announced} statuses of {commit}", statuses.len());
    }
    statuses.into_iter().map(Status::into_check).collect::<anyhow::Result<_>>().with_context(failed)
}

/// The first parent of a commit, the first parent of that one, and so on: at most `max` commits. Only the first page of commits
/// is read, so there may be fewer.
pub(super) async fn first_parents(
    repository: &GitHubRepository,
    commit: &str,
    max: usize,
) -> anyhow::Result<Vec<String>> {
    let mut pages =
        repository.pages::<Vec<CommitResponse>>(&["commits"], &[("sha", commit), ("per_page", "100")]);
    let failed = || format!("cannot list the commits before {commit} of {}", repository.name());
    let listed = pages.next().await.with_context(failed)?.unwrap_or_default();
    let (mut ancestors, mut current) = (Vec::new(), commit);
    while ancestors.len() < max {
        let found = listed.iter().find(|one| one.sha == current);
        let Some(parent) = found.and_then(|one| one.parents.first()) else { break };
        ancestors.push(parent.sha.clone());
        current = &parent.sha;
    }
    Ok(ancestors)
}

impl CheckRun {
    fn into_check(self) -> anyhow::Result<Check> {
        let state = CheckState::from_run(&self.status, self.conclusion.as_deref())?;
        Ok(Check {
            name: self.name,
            source: CheckSource::Run(self.app.map(|app| app.id)),
            id: self.id,
            state,
            word: self.conclusion.unwrap_or(self.status),
            web_page: self.html_url,
        })
    }
}

impl Status {
    fn into_check(self) -> anyhow::Result<Check> {
        let state = CheckState::from_status(&self.state)?;
        let (source, page) = (CheckSource::Status, self.target_url);
        Ok(Check { name: self.context, source, id: self.id, state, word: self.state, web_page: page })
    }
}
