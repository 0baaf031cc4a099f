//! The repositories as the subject of metrics.

use std::{fmt, sync::Arc};

use system_health_registry::{
    Context, Settings, Subject, Tag, TagError, Unavailable,
    settings::{Origin, SettingsTable},
};

use super::{Branch, RepositoriesSettings, RepositoryName, RepositoryOverrides, RepositorySettings};
use crate::{
    ci::{CiSettings, CiTables},
    github::GitHubSettings,
    local_clone::LocalClone,
};

/// A repository that the metrics are about: one that the settings name, or else that of the local clone.
///
/// It contributes the tag `repository:`.
#[derive(Debug, Clone)]
pub struct Repository(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    name: String,
    named: Option<RepositoryName>,
    branch: Option<Branch>,
    overrides: RepositoryOverrides,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "no repository is named; set --repo, SYSTEM_HEALTH_REPOSITORY, `name` in [repository] or GITHUB_REPOSITORY, \
     or run inside a git clone"
)]
struct Unnamed;

impl Repository {
    /// What to call it: its name on GitHub. A clone of another origin is called by its path there, or else by its
    /// folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The name that the settings give; `None` if the repository is the one of the local clone because no other is
    /// named.
    #[must_use]
    pub fn named(&self) -> Option<&RepositoryName> {
        self.0.named.as_ref()
    }

    /// The branch that the settings name for it.
    #[must_use]
    pub fn branch(&self) -> Option<&Branch> {
        self.0.branch.as_ref()
    }

    /// The settings `[ci]` as they are for this repository.
    #[must_use]
    pub fn ci(&self, common: &CiSettings) -> CiSettings {
        let own = self.0.overrides.clone();
        CiSettings {
            workflow: own.workflow.unwrap_or_else(|| common.workflow.clone()),
            jobs: own.jobs.unwrap_or_else(|| common.jobs.clone()),
            events: own.events.unwrap_or_else(|| common.events.clone()),
            max_age: own.max_age.unwrap_or(common.max_age),
        }
    }

    /// The settings tables that they come from.
    pub(crate) fn ci_tables(&self) -> CiTables {
        let (own, common) = (&self.0.overrides, CiTables::default());
        let table = |is_own: bool, common: String| {
            if is_own { format!("[{}.\"{self}\"]", RepositoriesSettings::NAME) } else { common }
        };
        CiTables {
            workflow: table(own.workflow.is_some(), common.workflow),
            jobs: table(own.jobs.is_some(), common.jobs),
            max_age: table(own.max_age.is_some(), common.max_age),
        }
    }
}

impl Subject for Repository {
    async fn list(context: &Context) -> Result<Vec<Self>, Unavailable> {
        let settings = context.get::<RepositorySettings>().await?;
        let tables = context.get::<RepositoriesSettings>().await?;
        if settings.names().is_empty() {
            let (name, on_host) = of_clone(context).await?;
            let overrides = on_host.map(|name| tables.of(&name)).unwrap_or_default();
            let branch = branch_is_flag(context).await?;
            return Ok(vec![Self::new(name, None, &settings, overrides, branch)]);
        }
        // A flag goes before the file, and with one repository there is no doubt which branch it means.
        let flag_wins = settings.names().len() == 1 && branch_is_flag(context).await?;
        let repository = |name: &RepositoryName| {
            Self::new(name.to_string(), Some(name.clone()), &settings, tables.of(name), flag_wins)
        };
        Ok(settings.names().iter().map(repository).collect())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("repository", self.name())?])
    }
}

impl Repository {
    fn new(
        name: String,
        named: Option<RepositoryName>,
        settings: &RepositorySettings,
        overrides: RepositoryOverrides,
        common_branch_wins: bool,
    ) -> Self {
        let (common, own) = (settings.branch.clone(), overrides.branch.clone());
        let branch = if common_branch_wins { common.or(own) } else { own.or(common) };
        Self(Arc::new(Facts { name, named, branch, overrides }))
    }
}

/// The name of the local clone's repository, and the same where it may be one on GitHub.
async fn of_clone(context: &Context) -> Result<(String, Option<RepositoryName>), Unavailable> {
    let clone = match context.get::<LocalClone>().await {
        Ok(clone) => clone,
        Err(Unavailable::NoData(_)) => return Err(Unnamed.into()),
        Err(error) => return Err(error),
    };
    let github = context.get::<GitHubSettings>().await?;
    let on_github = clone.addresses().find_map(|remote| github.repository_of(remote));
    let name = on_github.as_ref().map_or_else(|| clone.name().to_owned(), ToString::to_string);
    let on_host = on_github.or_else(|| name.parse().ok());
    Ok((name, on_host))
}

async fn branch_is_flag(context: &Context) -> Result<bool, Unavailable> {
    let origin = context.get::<Settings>().await?.origin::<RepositorySettings>("branch");
    Ok(matches!(origin, Some(Origin::Flag(_))))
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
