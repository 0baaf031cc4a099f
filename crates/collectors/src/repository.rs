//! Which repository a run is about. It can be named by a flag, an environment variable, the settings file,
//! the CI system or the remote of the clone; the metrics ask for a [`Repository`].

use std::{fmt, str::FromStr};

use serde::Deserialize;
use system_health_registry::{Context, FromContext, Settings, Unavailable, settings::Origin, settings_table};

use crate::{
    github::GitHubSettings,
    local_clone::{LocalClone, Remote},
};

/// A repository on GitHub, as people write it: `owner/name`.
///
/// As a resource, it is the one that the settings name, or else the one that the remote of the local clone
/// points to on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Repository {
    owner: String,
    name: String,
}

/// The name of a branch, such as `main` or `release/2.x`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Branch(String);

/// The settings table `[repository]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RepositorySettings {
    /// The repository. Default: the one that the remote `origin` of the local clone points to.
    pub name: Option<Repository>,
    /// The branch that the metrics watch. Default: the repository's default branch.
    pub branch: Option<Branch>,
}

settings_table!(
    RepositorySettings, "repository",
    env: { "name" => "SYSTEM_HEALTH_REPOSITORY" },
    // GitHub Actions sets it in every job.
    ambient: { "name" => "GITHUB_REPOSITORY" },
);

/// Why a name was refused. The name is not repeated: people paste addresses that contain a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It names no repository.
    #[error(
        "this is not the name of a repository; write \"owner/name\", such as \"rust-lang/rust\", without an address"
    )]
    Repository,
    /// It names no branch.
    #[error("this is not the name of a branch; write one such as \"main\"")]
    Branch,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "no repository is named; set --repo, SYSTEM_HEALTH_REPOSITORY, `name` in [repository] or GITHUB_REPOSITORY, \
     or run inside a git clone"
)]
struct Unnamed;

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

impl Repository {
    /// The user or organisation that owns it.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name, without the owner.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a path on any host is this repository's, without regard to case.
    pub(crate) fn is_path(&self, path: &str) -> bool {
        self.to_string().eq_ignore_ascii_case(path)
    }

    /// Whether GitHub takes both for the same, which is so without regard to case.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl Branch {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromContext for Repository {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        if let Some(named) = context.get::<RepositorySettings>().await?.name {
            check_host(context, &named).await?;
            return Ok(named);
        }
        let clone = match context.get::<LocalClone>().await {
            Ok(clone) => clone,
            Err(Unavailable::NoData(_)) => return Err(Unnamed.into()),
            Err(error) => return Err(error),
        };
        let github = context.get::<GitHubSettings>().await?;
        if let Some(repository) = clone.addresses().find_map(|remote| github.repository_of(remote)) {
            return Ok(repository);
        }
        let settings = context.get::<Settings>().await?;
        let remote = clone.remote_name().zip(clone.remote());
        if let (Some(origin), Some((remote, address))) =
            (settings.origin::<GitHubSettings>("api_url"), remote)
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
}

/// Refuses the API of another host than the one that the clone of the named repository came from.
async fn check_host(context: &Context, named: &Repository) -> Result<(), Unavailable> {
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
    fn new(origin: &Origin, github: &GitHubSettings, remote: &str, address: &Remote) -> Self {
        Self {
            origin: origin.clone(),
            api: github.api_url.host().to_owned(),
            remote: remote.to_owned(),
            host: address.host().to_owned(),
        }
    }
}

impl FromStr for Repository {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = |part: &&str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && part.chars().all(allowed) && !matches!(*part, "." | "..")
        };
        match text.split('/').collect::<Vec<_>>()[..] {
            [owner, name] if [owner, name].iter().all(fits) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(NameError::Repository),
        }
    }
}

impl TryFrom<String> for Repository {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl TryFrom<String> for Branch {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        let broken = |c: char| c.is_whitespace() || c.is_control();
        if text.is_empty() || text.contains(broken) { Err(NameError::Branch) } else { Ok(Self(text)) }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::settings::SettingsBuilder;

    use super::*;

    #[test]
    fn reads_what_it_prints() {
        for text in ["rust-lang/rust", "o/.github", "a_b/c.d-e"] {
            assert_eq!(text.parse::<Repository>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_repository() {
        for text in
            ["", "rust", "a/b/c", "/rust", "rust-lang/", "a/..", "a b/c", "https://github.com/a/b", "a/b?x"]
        {
            assert_eq!(text.parse::<Repository>(), Err(NameError::Repository), "{text}");
        }
    }

    #[test]
    fn case_makes_no_other_repository() {
        let repository = |text: &str| text.parse::<Repository>().unwrap();
        assert!(repository("Acme/App").is_same_as(&repository("acme/app")));
        assert!(!repository("acme/app").is_same_as(&repository("acme/api")));
    }

    #[test]
    fn a_refused_name_says_where_it_was_written() {
        let environment = Settings::builder()
            .environment_from(|variable| (variable == "GITHUB_REPOSITORY").then(|| "acme".to_owned()))
            .build();
        assert_eq!(
            environment.unwrap_err().to_string(),
            "environment variable GITHUB_REPOSITORY: `name` in [repository]: this is not the name of a repository; \
             write \"owner/name\", such as \"rust-lang/rust\", without an address"
        );
        let file =
            Settings::builder().toml(Path::new("a.toml"), "[repository]\nbranch = \"a b\"").unwrap().build();
        assert_eq!(
            file.unwrap_err().to_string(),
            "a.toml:2: `branch` in [repository]: this is not the name of a branch; write one such as \"main\""
        );
    }

    #[test]
    fn what_may_be_a_token_is_not_repeated() {
        for (key, value) in [
            ("name", "https://x:ghp_secret@github.com/a/b"),
            ("name", "ghp_secret"),
            ("branch", "ghp_secret and more"),
        ] {
            let error = Settings::builder().set("repository", key, value, Origin::Flag("--flag")).build();
            let error = error.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn the_layers_have_an_order() {
        let environment = |variables: &'static [&'static str]| {
            move |name: &str| variables.contains(&name).then(|| format!("acme/{}", name.to_ascii_lowercase()))
        };
        let file =
            || Settings::builder().toml(Path::new("a.toml"), "[repository]\nname = \"acme/file\"").unwrap();
        let named = |builder: SettingsBuilder| {
            let settings = builder.build().unwrap();
            settings.table::<RepositorySettings>().unwrap().name.unwrap().to_string()
        };
        let both = environment(&["SYSTEM_HEALTH_REPOSITORY", "GITHUB_REPOSITORY"]);
        let ambient = environment(&["GITHUB_REPOSITORY"]);
        let flag = Origin::Flag("--repo");

        assert_eq!(named(Settings::builder().environment_from(ambient)), "acme/github_repository");
        assert_eq!(named(file().environment_from(ambient)), "acme/file");
        assert_eq!(named(file().environment_from(both)), "acme/system_health_repository");
        let with_flag = file().environment_from(both).set("repository", "name", "acme/flag", flag);
        assert_eq!(named(with_flag), "acme/flag");
    }
}
