//! Which repository a run is about. People name it in many places (the settings file, a flag, CI's
//! environment, the clone's remote); the metrics ask for a [`Repository`] and never wonder.

use std::{fmt, str::FromStr};

use serde::Deserialize;
use system_health_registry::{Context, FromContext, Unavailable, settings_table};

use crate::{github::GitHubSettings, local_clone::LocalClone};

/// A repository on GitHub, as people write it: `owner/name`.
///
/// As a resource, it is the one that the settings name, or else the one that the local clone's remote
/// `origin` points to on GitHub.
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

settings_table!(RepositorySettings, "repository", env: { "name" => "GITHUB_REPOSITORY" });

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It names no repository.
    #[error("`{0}` is no repository; write it as \"owner/name\", such as \"rust-lang/rust\"")]
    Repository(String),
    /// It names no branch.
    #[error("`{0}` is no branch; write one such as \"main\"")]
    Branch(String),
}

#[derive(Debug, thiserror::Error)]
#[error(
    "no repository is named; set `name` in [repository], --repo or GITHUB_REPOSITORY, or run inside a git clone"
)]
struct Unnamed;

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
            return Ok(named);
        }
        let clone = match context.get::<LocalClone>().await {
            Ok(clone) => clone,
            Err(Unavailable::NoData(_)) => return Err(Unnamed.into()),
            Err(error) => return Err(error),
        };
        let github = context.get::<GitHubSettings>().await?;
        clone.remote().and_then(|remote| github.repository_of(remote)).ok_or_else(|| {
            let origin =
                clone.remote().map_or_else(|| "missing".to_owned(), |remote| format!("on {}", remote.host()));
            Unavailable::no_data(format!(
                "no repository on GitHub is named, and this clone's remote `origin` is {origin}; \
                 set `name` in [repository], --repo or GITHUB_REPOSITORY"
            ))
        })
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
            _ => Err(NameError::Repository(text.to_owned())),
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
        if text.is_empty() || text.contains(broken) { Err(NameError::Branch(text)) } else { Ok(Self(text)) }
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

    use system_health_registry::{Settings, settings::Origin};

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
            assert_eq!(text.parse::<Repository>(), Err(NameError::Repository(text.to_owned())));
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
            "environment variable GITHUB_REPOSITORY: `name` in [repository]: `acme` is no repository; write it \
             as \"owner/name\", such as \"rust-lang/rust\""
        );
        let file =
            Settings::builder().toml(Path::new("a.toml"), "[repository]\nbranch = \"a b\"").unwrap().build();
        assert_eq!(
            file.unwrap_err().to_string(),
            "a.toml:2: `branch` in [repository]: `a b` is no branch; write one such as \"main\""
        );
    }

    #[test]
    fn a_flag_wins_over_the_environment() {
        let settings = Settings::builder()
            .environment_from(|variable| (variable == "GITHUB_REPOSITORY").then(|| "acme/env".to_owned()))
            .set("repository", "name", "acme/flag", Origin::Flag("--repo"))
            .build()
            .unwrap();
        let named = settings.table::<RepositorySettings>().unwrap().name.unwrap();
        assert_eq!(named.to_string(), "acme/flag");
    }
}
