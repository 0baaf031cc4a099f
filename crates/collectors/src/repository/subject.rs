//! Repositories as the subject of metrics.

use std::{fmt, sync::Arc};

use system_health_registry::{Context, Settings, Subject, Tag, TagError, Unavailable, settings::Origin};

use super::{Branch, RepositoriesSettings, RepositoryName, RepositoryOverrides, RepositorySettings};
use crate::{git::LocalClone, github::GitHubSettings};

/// A repository that the metrics are about: one that the settings name, or else the one of the local clone.
///
/// It contributes the tag `repository:`.
#[derive(Debug, Clone)]
pub struct Repository(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    configured_name: Option<RepositoryName>,
    branch: Option<Branch>,
    overrides: RepositoryOverrides,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "no repository is named; set SYSTEM_HEALTH_REPOSITORY, `name` in [repository] or GITHUB_REPOSITORY{}",
    if cfg!(feature = "git") { ", or run inside a git clone" } else { "" }
)]
struct NoRepositoryNamed;

impl Repository {
    /// The repository's name on GitHub. For a clone from another host, it is the path on that host, and for a clone
    /// without a remote, the name of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The name in the settings. `None` if this is the repository of the local clone, because the settings name none.
    #[must_use]
    pub fn configured_name(&self) -> Option<&RepositoryName> {
        self.0.configured_name.as_ref()
    }

    /// The branch that the settings name for the repository.
    #[must_use]
    pub fn branch(&self) -> Option<&Branch> {
        self.0.branch.as_ref()
    }

    /// What the settings override for this repository.
    #[must_use]
    pub fn overrides(&self) -> &RepositoryOverrides {
        &self.0.overrides
    }

    fn new(
        name: String,
        configured_name: Option<RepositoryName>,
        settings: &RepositorySettings,
        overrides: RepositoryOverrides,
        common_branch_wins: bool,
    ) -> Self {
        let (common, own) = (settings.branch.clone(), overrides.branch.clone());
        let branch = if common_branch_wins { common.or(own) } else { own.or(common) };
        Self(Arc::new(Inner { name, configured_name, branch, overrides }))
    }
}

impl Subject for Repository {
    async fn list(context: &Context) -> Result<Vec<Self>, Unavailable> {
        let settings = context.get::<RepositorySettings>().await?;
        let tables = context.get::<RepositoriesSettings>().await?;
        if settings.names().is_empty() {
            let (name, parsed_name) = name_of_clone(context).await?;
            let overrides = parsed_name.map(|name| tables.overrides(&name)).unwrap_or_default();
            let flag_wins = is_branch_from_flag(context).await?;
            return Ok(vec![Self::new(name, None, &settings, overrides, flag_wins)]);
        }
        // A flag takes precedence over the file, but only with a single repository. With several, it is not clear which of them
        // the flag is about.
        let flag_wins = settings.names().len() == 1 && is_branch_from_flag(context).await?;
        let repository = |name: &RepositoryName| {
            Self::new(name.to_string(), Some(name.clone()), &settings, tables.overrides(name), flag_wins)
        };
        Ok(settings.names().iter().map(repository).collect())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("repository", self.name())?])
    }
}

/// The name of the local clone's repository, and the parsed name if it has the form of a repository name.
async fn name_of_clone(context: &Context) -> Result<(String, Option<RepositoryName>), Unavailable> {
    let clone = match context.get::<LocalClone>().await {
        Ok(clone) => clone,
        Err(Unavailable::NoData(_)) => return Err(NoRepositoryNamed.into()),
        Err(error) => return Err(error),
    };
    let github = context.get::<GitHubSettings>().await?;
    let on_github = clone.addresses().find_map(|address| github.repository_at(address));
    let name = on_github.as_ref().map_or_else(|| clone.name().to_owned(), ToString::to_string);
    let parsed_name = on_github.or_else(|| name.parse().ok());
    Ok((name, parsed_name))
}

/// Whether a flag names the branch.
async fn is_branch_from_flag(context: &Context) -> Result<bool, Unavailable> {
    let origin = context.get::<Settings>().await?.origin::<RepositorySettings>("branch");
    Ok(matches!(origin, Some(Origin::Flag(_))))
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
