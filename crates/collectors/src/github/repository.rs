//! The repository that a metric is about, on GitHub.

use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use system_health_registry::{Context, FromContext, Scope, Settings, Unavailable, settings::Origin};

use super::{GitHub, GitHubError, GitHubSettings, Pages, access};
use crate::{
    local_clone::{LocalClone, Remote},
    repository::{Repository, RepositoryName},
};

/// The repository that a metric is about, on GitHub, with the client that asks about it.
///
/// As a resource, it is the one that the settings name, or else the one that the remote of the local clone points to.
/// There is no data if that remote is elsewhere, or if there is no token and a clone is read instead.
#[derive(Debug, Clone)]
pub struct GitHubRepository {
    github: GitHub,
    name: RepositoryName,
}

/// Somebody set the address of an API that knows nothing of the clone's repository.
#[derive(Debug, thiserror::Error)]
#[error(
    "{origin}: this is the API of {api}, but `{remote}` of this clone is on {host}; set the address of the API of \
     {host}, or to ask {api} anyway, run outside of this clone and name the repository with --repo"
)]
struct OtherHost {
    origin: Origin,
    api: String,
    remote: String,
    host: String,
}

impl GitHubRepository {
    /// The client.
    #[must_use]
    pub fn github(&self) -> &GitHub {
        &self.github
    }

    /// The repository's name.
    #[must_use]
    pub fn name(&self) -> &RepositoryName {
        &self.name
    }

    /// Gets one document about the repository. The path follows `repos/OWNER/NAME` and may be empty.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GitHubError> {
        self.github.get(&self.path(path), query).await
    }

    /// The pages of a list of the repository. Nothing is asked yet.
    pub fn pages<P: DeserializeOwned + Send>(&self, path: &[&str], query: &[(&str, &str)]) -> Pages<P> {
        self.github.pages(&self.path(path), query)
    }

    /// Asks once and without retries, also for the headers of the answer.
    pub(crate) async fn ask_once(&self, path: &[&str]) -> Result<(HeaderMap, Value), GitHubError> {
        self.github.ask_once(&self.path(path)).await
    }

    fn path<'p>(&'p self, rest: &[&'p str]) -> Vec<&'p str> {
        [&["repos", self.name.owner(), self.name.name()], rest].concat()
    }
}

impl FromContext for GitHubRepository {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<Repository>().await?;
        let name = match name(context, &repository).await {
            Err(error @ Unavailable::Error(_)) => return Err(error),
            name => name,
        };
        let github = context.get::<GitHub>().await?;
        access::check(context, repository.named()).await?;
        Ok(Self { github, name: name? })
    }
}

async fn name(context: &Context, repository: &Repository) -> Result<RepositoryName, Unavailable> {
    if let Some(named) = repository.named() {
        check_host(context, named).await?;
        return Ok(named.clone());
    }
    let clone = context.get::<LocalClone>().await?;
    let github = context.get::<GitHubSettings>().await?;
    if let Some(name) = clone.addresses().find_map(|remote| github.repository_of(remote)) {
        return Ok(name);
    }
    let settings = context.get::<Settings>().await?;
    let remote = clone.remote_name().zip(clone.remote());
    if let (Some(origin), Some((remote, address))) = (settings.origin::<GitHubSettings>("api_url"), remote)
        && !clone.addresses().any(|address| github.api_url.answers_for(address.host()))
    {
        return Err(OtherHost::new(origin, &github, remote, address).into());
    }
    let remote = clone.remote().map(Remote::host);
    let remote = remote.map_or_else(|| "missing".to_owned(), |host| format!("on {host}"));
    Err(Unavailable::no_data(format!(
        "no repository on GitHub is named, and this clone's remote `origin` is {remote}; set --repo, \
         SYSTEM_HEALTH_REPOSITORY, `name` in [repository] or GITHUB_REPOSITORY"
    )))
}

/// Refuses the API of another host than the one that the clone of the named repository came from.
async fn check_host(context: &Context, named: &RepositoryName) -> Result<(), Unavailable> {
    let settings = context.get::<Settings>().await?;
    let Some(origin) = settings.origin::<GitHubSettings>("api_url") else { return Ok(()) };
    // Nothing is read in the clone, so it need not be there, or be readable.
    let Ok(clone) = context.get::<LocalClone>().await else { return Ok(()) };
    let github = context.get::<GitHubSettings>().await?;
    let is_named = |remote: &Remote| named.is_path(remote.path());
    let is_known = |remote: &Remote| is_named(remote) && github.api_url.answers_for(remote.host());
    match clone.find_remote(is_named) {
        Some((remote, address)) if clone.find_remote(is_known).is_none() => {
            Err(OtherHost::new(origin, &github, remote, address).into())
        }
        _ => Ok(()),
    }
}

impl OtherHost {
    fn new(origin: Origin, github: &GitHubSettings, remote: &str, address: &Remote) -> Self {
        Self {
            origin,
            api: github.api_url.host().to_owned(),
            remote: remote.to_owned(),
            host: address.host().to_owned(),
        }
    }
}
