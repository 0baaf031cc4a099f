//! A metric of built-in resources: one for each repository that the settings name.

use serde::Deserialize;
use system_health_collectors::{
    github::{GitHubError, GitHubRepository},
    repository::Repository,
};
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open", each = Repository, unit = "pull_request", goal = "< 30")]
async fn open_pull_requests(repository: GitHubRepository) -> Result<usize, GitHubError> {
    let pages = repository.pages::<Vec<PullRequest>>(&["pulls"], &[("per_page", "100")]).all().await?;
    Ok(pages.iter().map(Vec::len).sum())
}

/// What counts is that there is one.
#[derive(Deserialize)]
struct PullRequest {}
