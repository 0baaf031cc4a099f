//! Where the commits of a repository are read. The choice is made once for each repository, and the output shows it.

use system_health_registry::{Context, FromContext, Scope, Settings, Unavailable, settings::Origin};

use super::{CommitSettings, SourceChoice};
use crate::{
    git::LocalClone,
    github::{GitHubRepository, GitHubSettings},
    repository::{RemoteAddress, Repository, RepositoryName, RepositorySettings},
};

/// Where commits are read.
#[derive(Debug, Clone)]
pub enum CommitSource {
    /// A repository on GitHub.
    GitHub(GitHubRepository),
    /// A clone on this machine.
    LocalClone(LocalClone),
}

impl FromContext for CommitSource {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        match context.get::<CommitSettings>().await?.source {
            SourceChoice::Clone => chosen_clone(context).await.map(Self::LocalClone),
            SourceChoice::GitHub => context.get().await.map(Self::GitHub),
            SourceChoice::Auto => automatic(context).await,
        }
    }
}

/// The local clone that the settings choose.
async fn chosen_clone(context: &Context) -> Result<LocalClone, Unavailable> {
    let clone = match context.get::<LocalClone>().await {
        Ok(clone) => clone,
        Err(Unavailable::NoData(reason)) => {
            return Err(format!("`source` in [commits] is \"clone\", but {reason}").into());
        }
        Err(error) => return Err(error),
    };
    let repository = context.get::<Repository>().await?;
    let Some(named) = repository.configured_name().cloned() else { return Ok(clone) };
    let github = context.get::<GitHubSettings>().await?;
    let is_named = |address: &RemoteAddress| points_to(&github, address, &named);
    // The remote may be on another host: a mirror, or an alias in SSH's configuration. The settings chose this clone,
    // so the path is enough.
    let has_named_path = |address: &RemoteAddress| named.is_path(address.path());
    if let Some(clone) = clone.with_remote(is_named).or_else(|| clone.with_remote(has_named_path)) {
        return Ok(clone);
    }
    let remotes = clone.describe_remotes();
    let origin = RepositorySettings::origin_of_names(&context.get::<Settings>().await?);
    Err(OtherRepository { named, origin, remotes }.into())
}

/// GitHub if it may be used for the repository, otherwise the local clone.
///
/// The clone is used only if the resource [`GitHubRepository`] has no data: if there is no token and [`matching_clone`] finds a
/// clone, or if no repository is named and the remote of the clone is not on GitHub. In all other cases, the reason why GitHub
/// cannot be used is returned.
async fn automatic(context: &Context) -> Result<CommitSource, Unavailable> {
    let unavailable = match context.get::<GitHubRepository>().await {
        Ok(repository) => return Ok(CommitSource::GitHub(repository)),
        Err(error @ Unavailable::Error(_)) => return Err(error),
        Err(unavailable) => unavailable,
    };
    let repository = context.get::<Repository>().await?;
    match matching_clone(context, repository.configured_name()).await? {
        Some(clone) => Ok(CommitSource::LocalClone(clone)),
        None if cfg!(feature = "github") => Err(unavailable),
        None => Err(format!(
            "no remote of a clone around the current directory points to {repository}, and {unavailable}"
        )
        .into()),
    }
}

/// The local clone, if it may be read for a repository that the settings name: a remote of the clone must point to this
/// repository. If no repository is named, any clone matches.
pub(crate) async fn matching_clone(
    context: &Context,
    named: Option<&RepositoryName>,
) -> Result<Option<LocalClone>, Unavailable> {
    let clone = match context.get::<LocalClone>().await {
        Ok(clone) => clone,
        Err(Unavailable::NoData(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(named) = named else { return Ok(Some(clone)) };
    let github = context.get::<GitHubSettings>().await?;
    Ok(clone.with_remote(|address| points_to(&github, address, named)))
}

/// Whether the address of a remote is that of a repository on the host whose API is used.
fn points_to(github: &GitHubSettings, address: &RemoteAddress, named: &RepositoryName) -> bool {
    github.repository_at(address).is_some_and(|repository| named.is_same_as(&repository))
}

/// The settings choose the local clone, but name a repository that no remote of the clone points to.
#[derive(Debug, thiserror::Error)]
#[error(
    "`source` in [commits] is \"clone\", but no remote of this clone points to {named}{}; {}",
    .origin.as_ref().map(|origin| format!(" (named by {origin})")).unwrap_or_default(),
    if .remotes.is_empty() { "the clone has no remotes".to_owned() } else { format!("the clone's remotes: {}", .remotes.join(", ")) },
)]
struct OtherRepository {
    named: RepositoryName,
    origin: Option<Origin>,
    remotes: Vec<String>,
}
