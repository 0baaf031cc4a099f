//! Where commits come from. The choice is made once a run, and the output says which it was.

use system_health_registry::{Context, FromContext, Unavailable};

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
            SourceChoice::Local => match context.get::<LocalClone>().await {
                Ok(clone) => match (contradiction(context, &clone).await?, clone.remote()) {
                    // Another host may be a mirror, or an alias of SSH's: whoever forces the clone knows.
                    (Some(contradiction), Some(remote)) if !contradiction.named.is_path(remote.path()) => {
                        Err(contradiction.into())
                    }
                    _ => Ok(Self::LocalClone(clone)),
                },
                Err(Unavailable::NoData(reason)) => {
                    Err(format!("`source` in [commits] is \"local\", but {reason}").into())
                }
                Err(error) => Err(error),
            },
            SourceChoice::GitHub => Ok(Self::GitHub(context.get().await?, context.get().await?)),
            SourceChoice::Auto => automatic(context).await,
        }
    }
}

/// GitHub where it may be asked about a repository, else the local clone.
///
/// The resource [`GitHub`] itself says no data when it has no token and [`suitable_clone`] has a clone.
async fn automatic(context: &Context) -> Result<CommitSource, Unavailable> {
    let unavailable = match context.get::<GitHub>().await {
        Ok(github) => match context.get().await {
            Ok(repository) => return Ok(CommitSource::GitHub(github, repository)),
            Err(unavailable @ Unavailable::NoData(_)) => unavailable,
            Err(error) => return Err(error),
        },
        Err(unavailable @ Unavailable::NoData(_)) => unavailable,
        Err(error) => return Err(error),
    };
    match suitable_clone(context).await? {
        Some(clone) => Ok(CommitSource::LocalClone(clone)),
        None => Err(context.get::<Repository>().await.err().unwrap_or(unavailable)),
    }
}

/// The local clone, unless it was cloned from another repository than the one that the settings name:
/// its commits would be reported under a wrong name.
pub(crate) async fn suitable_clone(context: &Context) -> Result<Option<LocalClone>, Unavailable> {
    let clone = match context.get::<LocalClone>().await {
        Ok(clone) => clone,
        Err(Unavailable::NoData(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(contradiction(context, &clone).await?.is_none().then_some(clone))
}

/// Where the clone says that it comes from, when that is not the repository that the settings name.
async fn contradiction(context: &Context, clone: &LocalClone) -> Result<Option<Contradiction>, Unavailable> {
    let Some(named) = context.get::<RepositorySettings>().await?.name else { return Ok(None) };
    let github = context.get::<GitHubSettings>().await?;
    let contradicts =
        |remote: &&Remote| github.repository_of(remote).is_none_or(|origin| !named.is_same_as(&origin));
    Ok(clone.remote().filter(contradicts).map(|remote| Contradiction {
        named: named.clone(),
        origin: format!("{}/{}", remote.host(), remote.path()),
    }))
}

#[derive(Debug, thiserror::Error)]
#[error(
    "`source` in [commits] is \"local\", but this is a clone of {origin} and not of {named}, which `name` in \
     [repository], --repo or GITHUB_REPOSITORY names"
)]
struct Contradiction {
    named: Repository,
    origin: String,
}
