//! Where the commits of a repository come from. The choice is made once for each, and the output says which it was.

use system_health_registry::{Context, FromContext, Scope, Settings, Unavailable, settings::Origin};

use super::{CommitSettings, SourceChoice};
use crate::{
    github::{GitHubRepository, GitHubSettings},
    local_clone::{LocalClone, Remote},
    repository::{Repository, RepositoryName, RepositorySettings},
};

/// The place to read commits.
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
            SourceChoice::Local => local(context).await.map(Self::LocalClone),
            SourceChoice::GitHub => context.get().await.map(Self::GitHub),
            SourceChoice::Auto => automatic(context).await,
        }
    }
}

/// The local clone, because the settings say so.
async fn local(context: &Context) -> Result<LocalClone, Unavailable> {
    let clone = match context.get::<LocalClone>().await {
        Ok(clone) => clone,
        Err(Unavailable::NoData(reason)) => {
            return Err(format!("`source` in [commits] is \"local\", but {reason}").into());
        }
        Err(error) => return Err(error),
    };
    let repository = context.get::<Repository>().await?;
    let Some(named) = repository.named().cloned() else { return Ok(clone) };
    let github = context.get::<GitHubSettings>().await?;
    let is_named = |remote: &Remote| github.repository_of(remote).is_some_and(|it| named.is_same_as(&it));
    // Another host may be a mirror or an alias in SSH's configuration. Whoever chose the clone knows.
    let is_mirror = |remote: &Remote| named.is_path(remote.path());
    if let Some(clone) = clone.with_remote(is_named).or_else(|| clone.with_remote(is_mirror)) {
        return Ok(clone);
    }
    let remotes = clone.described_remotes();
    let origin = RepositorySettings::origin_of_names(&context.get::<Settings>().await?);
    Err(OtherRepository { named, origin, remotes }.into())
}

/// GitHub if it can be asked about the repository, else the local clone.
///
/// The clone is used only if nothing is configured: an error on the way to GitHub is an error. The resource
/// [`GitHubRepository`] has no data if there is no token and [`suitable_clone`] finds a clone.
async fn automatic(context: &Context) -> Result<CommitSource, Unavailable> {
    let unavailable = match context.get::<GitHubRepository>().await {
        Ok(repository) => return Ok(CommitSource::GitHub(repository)),
        Err(error @ Unavailable::Error(_)) => return Err(error),
        Err(unavailable) => unavailable,
    };
    match suitable_clone(context, context.get::<Repository>().await?.named()).await? {
        Some(clone) => Ok(CommitSource::LocalClone(clone)),
        None => Err(unavailable),
    }
}

/// The local clone, if it may speak for a repository that the settings name: one of its remotes must point
/// there. Without a name it speaks for itself.
pub(crate) async fn suitable_clone(
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
    Ok(clone.with_remote(|remote| github.repository_of(remote).is_some_and(|it| named.is_same_as(&it))))
}

/// The settings choose the local clone and name another repository.
#[derive(Debug, thiserror::Error)]
#[error(
    "`source` in [commits] is \"local\", but no remote of this clone points to {named}{}; {}",
    .origin.as_ref().map(|origin| format!(" (named by {origin})")).unwrap_or_default(),
    if .remotes.is_empty() { "it has no remotes".to_owned() } else { format!("its remotes: {}", .remotes.join(", ")) },
)]
struct OtherRepository {
    named: RepositoryName,
    origin: Option<Origin>,
    remotes: Vec<String>,
}
