//! Whether GitHub may be used, and with which token.

use std::sync::Arc;

use anyhow::Context as _;
use secrecy::SecretString;
use system_health_credentials::Credentials;
use system_health_registry::{Context, FromContext, NoData, Unavailable};

use crate::{
    commits::{CommitSettings, SourceChoice, matching_clone},
    github::{
        GitHub, GitHubSettings, TOKEN,
        app::{App, InstallationTokens},
        client::{Identity, Transport},
    },
    repository::{RepositoryName, RepositorySettings},
};

impl FromContext for GitHub {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<GitHubSettings>().await?;
        // Loading certificates takes time, so it is done while the token is looked up.
        let (token, transport) = tokio::join!(token(context), context.get::<Transport>());
        let token = match token? {
            Ok(token) => Some(token),
            Err(absent) => {
                if !any_may_be_anonymous(context).await? {
                    return Err(absent.into());
                }
                None
            }
        };
        let (calls, responses, usage) = (context.get().await?, context.get().await?, context.get().await?);
        let deadline = context.deadline();
        let identity = match (App::from_settings(&settings)?, &token) {
            (Some(app), Some(token)) => {
                let owner = app.owner(token);
                let renewal = InstallationTokens::new(context, app).await?;
                Identity { token: Some(token), owner, renewal: Some(Arc::new(renewal)) }
            }
            (_, token) => Identity::from_token(token.as_ref()),
        };
        let github = Self::new(&transport?, settings, identity, deadline, calls, responses, usage);
        Ok(github.context("cannot set up a client for GitHub")?)
    }
}

/// The token, or why there is none. A failed lookup is an error. If the settings name a GitHub App, the token is the app's.
async fn token(context: &Context) -> Result<Result<SecretString, NoData>, Unavailable> {
    if let Some(app) = App::from_settings(&context.get::<GitHubSettings>().await?)? {
        return Ok(Ok(InstallationTokens::new(context, app).await?.token_for_run().await?));
    }
    match context.get::<Credentials>().await?.get(&TOKEN).await {
        Ok(token) => Ok(Ok(token)),
        Err(absent) if absent.is_absent() => Ok(Err(NoData::new(absent.to_string()))),
        Err(failed) => Err(failed.into()),
    }
}

/// Fails if there is no token and this repository may not be read without one. The run's client may have no token because
/// other repositories may be read without one.
pub(super) async fn check_anonymous_access(
    context: &Context,
    named: Option<&RepositoryName>,
) -> Result<(), Unavailable> {
    // With an app, there is no client without a token.
    if App::from_settings(&context.get::<GitHubSettings>().await?)?.is_some() {
        return Ok(());
    }
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

/// Whether a repository may be read without a token: the settings choose GitHub, or they leave the choice open and name a
/// repository without a matching clone. GitHub allows few requests without a token, and only about public repositories.
async fn may_be_anonymous(context: &Context, named: Option<&RepositoryName>) -> Result<bool, Unavailable> {
    Ok(match context.get::<CommitSettings>().await?.source {
        SourceChoice::GitHub => true,
        SourceChoice::Clone => false,
        SourceChoice::Auto => named.is_some() && matching_clone(context, named).await?.is_none(),
    })
}
