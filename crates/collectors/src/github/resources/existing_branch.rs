//! The watched branch as GitHub has it.
//!
//! GitHub answers most requests about a branch that does not exist with an empty list, which looks like a branch without
//! activity. So a resource that finds nothing about the branch requests the branch itself.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use system_health_registry::{Context, FromContext, Scope, Unavailable};

use super::{GitHubRepository, WatchedBranch};
use crate::{
    github::{Permission, no_data_without},
    repository::Repository,
};

/// The watched branch, which exists. It is an error if the branch does not exist or has another name by now.
#[derive(Debug, Clone)]
pub(crate) struct ExistingBranch(Arc<BranchResponse>);

/// See <https://docs.github.com/en/rest/branches/branches#get-a-branch>.
#[derive(Debug, Deserialize)]
struct BranchResponse {
    name: String,
    commit: TipResponse,
    protection: Option<Protection>,
}

#[derive(Debug, Deserialize)]
struct TipResponse {
    sha: String,
}

#[derive(Debug, Deserialize)]
struct Protection {
    required_status_checks: Option<ProtectedChecks>,
}

/// The checks that the protection requires. GitHub also shows them to tokens that may not read the rest of the protection.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProtectedChecks {
    pub(crate) enforcement_level: Option<String>,
    pub(crate) contexts: Vec<String>,
    #[serde(default)]
    pub(crate) checks: Vec<ProtectedCheck>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProtectedCheck {
    pub(crate) context: String,
    pub(crate) app_id: Option<i64>,
}

impl ExistingBranch {
    /// Fails if the branch does not exist. A default branch exists, unless the repository is empty, so no request is needed
    /// if the settings name no branch.
    pub(crate) async fn check(context: &Context) -> Result<(), Unavailable> {
        if context.get::<Repository>().await?.branch().is_some() {
            context.get::<Self>().await?;
        }
        Ok(())
    }

    /// The hash of the newest commit.
    pub(crate) fn tip(&self) -> &str {
        &self.0.commit.sha
    }

    /// The checks that the protection requires, if the branch is protected.
    pub(crate) fn protected_checks(&self) -> Option<&ProtectedChecks> {
        self.0.protection.as_ref()?.required_status_checks.as_ref()
    }
}

impl FromContext for ExistingBranch {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let WatchedBranch(branch) = context.get().await?;
        let name = repository.name();
        let response = repository.get::<BranchResponse>(&["branches", branch.as_str()], &[]).await;
        let response = response
            .with_context(|| format!("cannot read the branch `{branch}` of {name}"))
            .map_err(|error| no_data_without(Permission::Contents, name, error))?;
        // GitHub redirects from the former name of a branch to its present one.
        if response.name != branch.as_str() {
            let present = response.name;
            return Err(anyhow!("the branch `{branch}` of {name} was renamed to `{present}`").into());
        }
        Ok(Self(Arc::new(response)))
    }
}
