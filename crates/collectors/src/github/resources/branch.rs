//! The branch that the metrics watch on GitHub. If the settings name it, no request is needed.

use anyhow::Context as _;
use serde::Deserialize;
use system_health_registry::{Context, FromContext, Scope, Unavailable};

use super::GitHubRepository;
use crate::repository::{Branch, Repository};

/// The branch that the settings name, or else the repository's default branch on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedBranch(pub Branch);

/// See <https://docs.github.com/en/rest/repos/repos#get-a-repository>.
#[derive(Debug, Deserialize)]
struct RepositoryResponse {
    default_branch: Branch,
}

impl FromContext for WatchedBranch {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        if let Some(named) = context.get::<Repository>().await?.branch() {
            return Ok(Self(named.clone()));
        }
        let repository = context.get::<GitHubRepository>().await?;
        let response = repository.get::<RepositoryResponse>(&[], &[]).await;
        let response =
            response.with_context(|| format!("cannot get the default branch of {}", repository.name()))?;
        Ok(Self(response.default_branch))
    }
}
