//! Whether GitHub is asked at all, and with which token.

use anyhow::Context as _;
use system_health_credentials::Credentials;
use system_health_registry::{Context, FromContext, Unavailable};

use super::{GitHub, TOKEN};
use crate::{
    commits::{CommitSettings, SourceChoice, suitable_clone},
    repository::RepositorySettings,
};

impl FromContext for GitHub {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get().await?;
        let token = match context.get::<Credentials>().await?.get(&TOKEN).await {
            Ok(token) => Some(token),
            Err(absent) if absent.is_absent() && !may_be_anonymous(context).await? => {
                return Err(Unavailable::no_data(absent.to_string()));
            }
            Err(absent) if absent.is_absent() => None,
            Err(failed) => return Err(failed.into()),
        };
        let calls = context.get().await?;
        Ok(Self::new(settings, token.as_ref(), context.deadline(), calls).context("cannot use GitHub")?)
    }
}

/// Whether to do without a token, which reads public repositories, slowly: the settings want GitHub, or
/// they name a repository that there is no clone of.
async fn may_be_anonymous(context: &Context) -> Result<bool, Unavailable> {
    Ok(match context.get::<CommitSettings>().await?.source {
        SourceChoice::GitHub => true,
        SourceChoice::Local => false,
        SourceChoice::Auto => {
            context.get::<RepositorySettings>().await?.name.is_some()
                && suitable_clone(context).await?.is_none()
        }
    })
}
