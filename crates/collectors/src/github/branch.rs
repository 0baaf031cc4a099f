//! The branch that the metrics watch on GitHub. Naming it in the settings saves the request.

use anyhow::Context as _;
use serde::Deserialize;
use system_health_registry::{Context, FromContext, Unavailable};

use super::GitHub;
use crate::repository::{Branch, Repository, RepositorySettings};

/// The branch that the settings name, or else the repository's default branch on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedBranch(pub Branch);

/// See <https://docs.github.com/en/rest/repos/repos#get-a-repository>.
#[derive(Debug, Deserialize)]
struct GitHubRepository {
    default_branch: Branch,
}

impl FromContext for WatchedBranch {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        if let Some(named) = context.get::<RepositorySettings>().await?.branch {
            return Ok(Self(named));
        }
        let github = context.get::<GitHub>().await?;
        let repository = context.get::<Repository>().await?;
        let found: GitHubRepository = github
            .get(&["repos", repository.owner(), repository.name()], &[])
            .await
            .with_context(|| format!("cannot tell the default branch of {repository}"))?;
        Ok(Self(found.default_branch))
    }
}
