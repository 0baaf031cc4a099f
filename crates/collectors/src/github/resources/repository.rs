//! The subject's repository on GitHub.

use http::HeaderMap;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use system_health_registry::{Context, FromContext, Scope, Settings, Unavailable, settings::Origin};

use super::access;
use crate::{
    git::LocalClone,
    github::{GitHub, GitHubError, GitHubSettings, NextPage, Pages, QueryPages},
    repository::{RemoteAddress, Repository, RepositoryName},
};

/// The subject's repository on GitHub, with a client that reads from it.
///
/// As a resource, it is the repository that the settings name, or else the one that the remote of the local clone
/// points to. There is no data if that remote is on another host, or if there is no token and a clone is read instead. It is
/// an error if the settings name the API of another host than the clone's.
#[derive(Debug, Clone)]
pub struct GitHubRepository {
    github: GitHub,
    name: RepositoryName,
}

/// The settings name the API of another host than the clone's.
#[derive(Debug, thiserror::Error)]
#[error(
    "{origin}: this is the API of {api}, but the remote `{remote}` of this clone is on {host}; set the URL of the API of \
     {host}, or to use {api} anyway, name the repository and run outside of this clone"
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

    /// Gets one document about the repository. The path is relative to `repos/OWNER/NAME` and may be empty.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GitHubError> {
        self.github.get(&self.path(path), query).await
    }

    /// What an earlier run with the same token or app has saved about the repository with [`Self::save_final`].
    pub(crate) async fn load_final<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.github.load_final(&self.path(&[]), key).await
    }

    /// Saves something about the repository that cannot change any more, so that later runs do not request it again.
    pub(crate) async fn save_final<T: Serialize>(&self, key: &str, value: &T) {
        self.github.save_final(&self.path(&[]), key, value).await;
    }

    /// The pages of a list of the repository. No request is made yet.
    pub fn pages<P: DeserializeOwned + Send>(&self, path: &[&str], query: &[(&str, &str)]) -> Pages<P> {
        self.github.pages(&self.path(path), query)
    }

    /// Asks a GraphQL query about the repository, which it names with the variables `$owner: String!` and
    /// `$name: String!`.
    pub async fn query<T: DeserializeOwned>(
        &self,
        query: &'static str,
        variables: Value,
    ) -> Result<T, GitHubError> {
        self.github.query(query, self.with_name(variables)).await
    }

    /// The pages of a list of the repository in a GraphQL query, see [`QueryPages`]. The query names the repository as in
    /// [`Self::query`].
    pub fn query_pages<N: DeserializeOwned + Send>(
        &self,
        query: &'static str,
        variables: Value,
        list: &'static [&'static str],
    ) -> QueryPages<N> {
        self.github.query_pages(query, self.with_name(variables), list)
    }

    /// Asks a query about a part of a list of the repository. The part gets smaller if GitHub does not answer in time.
    pub(crate) async fn query_sized<T: DeserializeOwned>(
        &self,
        query: &'static str,
        size: &mut u32,
        variables: impl Fn(u32) -> Value,
    ) -> Result<T, GitHubError> {
        self.github.query_sized(query, size, |size| self.with_name(variables(size))).await
    }

    /// Asks a query for one page of a list of the repository. The query has the variables `$first` and `$after`.
    pub(crate) async fn query_page<T: DeserializeOwned>(
        &self,
        query: &'static str,
        page: &NextPage,
        size: &mut u32,
    ) -> Result<T, GitHubError> {
        self.query_sized(query, size, |size| json!({ "first": size, "after": page.cursor() })).await
    }

    /// Adds the variables that name the repository.
    fn with_name(&self, mut variables: Value) -> Value {
        variables["owner"] = self.name.owner().into();
        variables["name"] = self.name.name().into();
        variables
    }

    /// Gets one document and the response's headers, without retries.
    pub(crate) async fn get_once(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<(HeaderMap, Value), GitHubError> {
        self.github.get_once(&self.path(path), query).await
    }

    fn path<'p>(&'p self, rest: &[&'p str]) -> Vec<&'p str> {
        [&["repos", self.name.owner(), self.name.name()], rest].concat()
    }
}

impl FromContext for GitHubRepository {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<Repository>().await?;
        let name = match find_name(context, &repository).await {
            Err(error @ Unavailable::Error(_)) => return Err(error),
            name => name,
        };
        // If both the token and the name are missing, the missing token is the reason for no data.
        let github = context.get::<GitHub>().await?;
        access::check_anonymous_access(context, repository.configured_name()).await?;
        Ok(Self { github, name: name? })
    }
}

async fn find_name(context: &Context, repository: &Repository) -> Result<RepositoryName, Unavailable> {
    if let Some(named) = repository.configured_name() {
        check_host(context, named).await?;
        return Ok(named.clone());
    }
    let clone = context.get::<LocalClone>().await?;
    let github = context.get::<GitHubSettings>().await?;
    if let Some(name) = clone.addresses().find_map(|address| github.repository_at(address)) {
        return Ok(name);
    }
    let settings = context.get::<Settings>().await?;
    let remote = clone.remote_name().zip(clone.remote());
    if let (Some(origin), Some((remote, address))) = (settings.origin::<GitHubSettings>("api_url"), remote)
        && !clone.addresses().any(|address| github.api_url.is_api_of(address.host()))
    {
        return Err(OtherHost::new(origin, &github, remote, address).into());
    }
    let remote = match (clone.remote_name(), clone.remote()) {
        (Some(name), Some(address)) => format!("this clone's remote `{name}` is on {}", address.host()),
        (Some(name), None) => format!("this clone's remote `{name}` is not on a host"),
        (None, _) => "this clone has no default remote".to_owned(),
    };
    Err(Unavailable::no_data(format!(
        "no repository on GitHub is named, and {remote}; set SYSTEM_HEALTH_REPOSITORY, `name` in [repository] or \
         GITHUB_REPOSITORY"
    )))
}

/// Refuses an API of another host than the one that the clone of the named repository came from.
async fn check_host(context: &Context, named: &RepositoryName) -> Result<(), Unavailable> {
    let settings = context.get::<Settings>().await?;
    let Some(origin) = settings.origin::<GitHubSettings>("api_url") else { return Ok(()) };
    // The clone itself is not needed here, so it does not matter if it is missing or unreadable.
    let Ok(clone) = context.get::<LocalClone>().await else { return Ok(()) };
    let github = context.get::<GitHubSettings>().await?;
    let is_named = |address: &RemoteAddress| named.is_path(address.path());
    let is_behind_api =
        |address: &RemoteAddress| is_named(address) && github.api_url.is_api_of(address.host());
    match clone.find_remote(is_named) {
        Some((remote, address)) if clone.find_remote(is_behind_api).is_none() => {
            Err(OtherHost::new(origin, &github, remote, address).into())
        }
        _ => Ok(()),
    }
}

impl OtherHost {
    fn new(origin: Origin, github: &GitHubSettings, remote: &str, address: &RemoteAddress) -> Self {
        Self {
            origin,
            api: github.api_url.host().to_owned(),
            remote: remote.to_owned(),
            host: address.host().to_owned(),
        }
    }
}
