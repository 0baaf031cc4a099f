//! A metric that uses built-in resources. It is collected for each repository in the settings.

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

/// Only the number of pull requests matters, so no field is read.
#[derive(Deserialize)]
struct PullRequest {}
