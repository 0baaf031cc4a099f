//! Whether GitHub is asked at all, and with which token.

use anyhow::Context as _;
use secrecy::SecretString;
use system_health_credentials::Credentials;
use system_health_registry::{Context, FromContext, NoData, Unavailable};

use super::{GitHub, TOKEN, transport::Transport};
use crate::{
    commits::{CommitSettings, SourceChoice, suitable_clone},
    repository::{RepositoryName, RepositorySettings},
};

impl FromContext for GitHub {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get().await?;
        let token = match token(context).await? {
            Ok(token) => Some(token),
            Err(absent) => {
                if !any_may_be_anonymous(context).await? {
                    return Err(absent.into());
                }
                None
            }
        };
        let (transport, calls) = (context.get::<Transport>().await?, context.get().await?);
        let github = Self::new(&transport, settings, token.as_ref(), context.deadline(), calls);
        Ok(github.context("cannot use GitHub")?)
    }
}

/// The token, or why there is none although nothing failed.
async fn token(context: &Context) -> Result<Result<SecretString, NoData>, Unavailable> {
    match context.get::<Credentials>().await?.get(&TOKEN).await {
        Ok(token) => Ok(Ok(token)),
        Err(absent) if absent.is_absent() => Ok(Err(NoData::new(absent.to_string()))),
        Err(failed) => Err(failed.into()),
    }
}

/// Refuses to ask about a repository without a token if its clone is to be read instead. The client of the run may be
/// there for the sake of others.
pub(super) async fn check(context: &Context, named: Option<&RepositoryName>) -> Result<(), Unavailable> {
    match token(context).await? {
        Err(absent) if !may_be_anonymous(context, named).await? => Err(absent.into()),
        _ => Ok(()),
    }
}

/// Whether any repository may be read without a token.
async fn any_may_be_anonymous(context: &Context) -> Result<bool, Unavailable> {
    let settings = context.get::<RepositorySettings>().await?;
    if settings.names().is_empty() {
        return may_be_anonymous(context, None).await;
    }
    for name in settings.names() {
        if may_be_anonymous(context, Some(name)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether to do without a token, which reads public repositories, slowly: the settings want GitHub, or
/// they name a repository that there is no clone of.
async fn may_be_anonymous(context: &Context, named: Option<&RepositoryName>) -> Result<bool, Unavailable> {
    Ok(match context.get::<CommitSettings>().await?.source {
        SourceChoice::GitHub => true,
        SourceChoice::Local => false,
        SourceChoice::Auto => named.is_some() && suitable_clone(context, named).await?.is_none(),
    })
}
