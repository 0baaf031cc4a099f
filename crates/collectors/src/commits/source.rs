//! Where commits come from. The choice is made once a run, and the output says which it was.

use system_health_registry::{Context, FromContext, Settings, Unavailable, settings::Origin};

use super::{CommitSettings, SourceChoice};
use crate::{
    github::{GitHub, GitHubSettings},
    local_clone::{LocalClone, Remote},
    repository::{Repository, RepositorySettings},
};

/// The place to read commits.
#[derive(Debug, Clone)]
pub enum CommitSource {
    /// A repository on GitHub.
    GitHub(GitHub, Repository),
    /// A clone on this machine.
    LocalClone(LocalClone),
}

impl FromContext for CommitSource {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        match context.get::<CommitSettings>().await?.source {
            SourceChoice::Local => local(context).await.map(Self::LocalClone),
            SourceChoice::GitHub => Ok(Self::GitHub(context.get().await?, context.get().await?)),
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
    let Some(named) = context.get::<RepositorySettings>().await?.name else { return Ok(clone) };
    let github = context.get::<GitHubSettings>().await?;
    let is_named = |remote: &Remote| github.repository_of(remote).is_some_and(|it| named.is_same_as(&it));
    // Another host may be a mirror or an alias in SSH's configuration. Whoever chose the clone knows.
    let is_mirror = |remote: &Remote| named.is_path(remote.path());
    if let Some(clone) = clone.with_remote(is_named).or_else(|| clone.with_remote(is_mirror)) {
        return Ok(clone);
    }
    let remotes = clone.described_remotes();
    let origin = context.get::<Settings>().await?.origin::<RepositorySettings>("name").cloned();
    Err(OtherRepository { named, origin, remotes }.into())
}

/// GitHub if it can be asked about a repository, else the local clone.
///
/// The clone is used only if nothing is configured: an error on the way to GitHub is an error. The resource
/// [`GitHub`] has no data if there is no token and [`suitable_clone`] finds a clone.
async fn automatic(context: &Context) -> Result<CommitSource, Unavailable> {
    let repository = match context.get::<Repository>().await {
        Err(error @ Unavailable::Error(_)) => return Err(error),
        repository => repository,
    };
    let unavailable = match (repository, context.get::<GitHub>().await) {
        (Ok(repository), Ok(github)) => return Ok(CommitSource::GitHub(github, repository)),
        (_, Err(error @ Unavailable::Error(_))) => return Err(error),
        (Err(unavailable), _) | (_, Err(unavailable)) => unavailable,
    };
    match suitable_clone(context).await? {
        Some(clone) => Ok(CommitSource::LocalClone(clone)),
        None => Err(unavailable),
    }
}

/// The local clone, if it may speak for the repository that the settings name: one of its remotes must point
/// there. Without a name it speaks for itself.
pub(crate) async fn suitable_clone(context: &Context) -> Result<Option<LocalClone>, Unavailable> {
    let named = context.get::<RepositorySettings>().await?.name;
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
    named: Repository,
    origin: Option<Origin>,
    remotes: Vec<String>,
}
