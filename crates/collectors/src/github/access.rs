//! What metrics need from GitHub: the APIs that they use and the permissions of the token. Each group declares its needs once,
//! beside its metrics.

use std::collections::{BTreeMap, BTreeSet};

use globset::Glob;
use system_health_registry::{__private::inventory, Settings, settings::SettingsError};

use super::Permission;
use crate::repository::RepositorySettings;

/// The APIs of GitHub. Each has a rate limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GitHubApi {
    /// The REST API.
    Rest,
    /// The GraphQL API.
    GraphQl,
}

/// What the metrics whose keys match a pattern need.
#[derive(Debug, Clone, Copy)]
pub struct GitHubAccess {
    pub(crate) keys: &'static str,
    /// Returns what a metric needs, from its key and the settings of a run.
    pub needs: fn(&str, &Settings) -> Result<GitHubNeeds, SettingsError>,
}

/// What a metric needs from GitHub. By default, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitHubNeeds {
    /// The APIs that it asks.
    pub apis: BTreeSet<GitHubApi>,
    /// The permissions to read. The permission to read metadata is left out, because every token has it.
    pub permissions: BTreeSet<Permission>,
    /// What it requests, such as `runs`, with the usual number of requests for one repository. Metrics of a group that request
    /// the same thing share the requests. If this is empty, the number that the metric declares is used, and all metrics whose
    /// keys match the pattern share the requests.
    pub requests: BTreeMap<&'static str, u32>,
}

inventory::collect!(GitHubAccess);

impl GitHubAccess {
    /// What the metrics whose keys match `keys` need. `keys` is a key or a pattern such as `prs.*`. `needs` returns what a
    /// metric needs, from its key and the settings of a run.
    ///
    /// # Panics
    /// If `keys` is neither a key nor a pattern of keys with `*`. In [`github_access!`](crate::github_access), the compiler
    /// reports this error.
    #[must_use]
    pub const fn new(
        keys: &'static str,
        needs: fn(&str, &Settings) -> Result<GitHubNeeds, SettingsError>,
    ) -> Self {
        assert!(
            is_key_pattern(keys),
            "write a key or a pattern such as \"prs.*\": letters, digits, `_`, `.` and `*`"
        );
        Self { keys, needs }
    }

    /// The access of a metric. If several patterns match its key, the longest one counts. `None` if no pattern matches.
    #[must_use]
    pub fn for_key(key: &str) -> Option<&'static Self> {
        let is_match = |access: &&Self| {
            Glob::new(access.keys).is_ok_and(|pattern| pattern.compile_matcher().is_match(key))
        };
        inventory::iter::<Self>.into_iter().filter(is_match).max_by_key(|access| access.keys.len())
    }
}

/// Whether a text is not empty and has only characters of keys and `*`. Other globs would have to be parsed, which is not
/// possible in a constant.
const fn is_key_pattern(text: &str) -> bool {
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        if !(first.is_ascii_alphanumeric() || matches!(first, b'_' | b'.' | b'*')) {
            return false;
        }
        bytes = rest;
    }
    !text.is_empty()
}

impl GitHubNeeds {
    /// Adds an API, and the permissions that the requests to it need.
    #[must_use]
    pub fn with_api(mut self, api: GitHubApi, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.apis.insert(api);
        self.permissions.extend(permissions);
        self
    }

    /// Adds requests for `what`, such as `runs`, with their usual number for one repository. Metrics of a group that request the
    /// same thing share the requests.
    #[must_use]
    pub fn with_requests(mut self, what: &'static str, requests: u32) -> Self {
        let known = self.requests.entry(what).or_default();
        *known = requests.max(*known);
        self
    }

    /// Adds the request for the [watched branch](super::WatchedBranch), unless the settings name it.
    pub fn with_branch(self, settings: &Settings) -> Result<Self, SettingsError> {
        let is_named = settings.table::<RepositorySettings>()?.branch.is_some();
        Ok(if is_named { self } else { self.with_requests("default branch", 1) })
    }

    /// Adds the request for the watched branch even if the settings name it, because a named branch may not exist.
    pub(crate) fn with_existing_branch(self, settings: &Settings) -> Result<Self, SettingsError> {
        let is_named = settings.table::<RepositorySettings>()?.branch.is_some();
        Ok(if is_named { self.with_requests("branch", 1) } else { self.with_requests("default branch", 1) })
    }

    /// Adds the needs of other settings, such as those of another repository.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.apis.extend(other.apis);
        self.permissions.extend(other.permissions);
        other.requests.into_iter().fold(self, |needs, (what, requests)| needs.with_requests(what, requests))
    }

    /// Whether GitHub is not asked at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.apis.is_empty()
    }
}

/// Declares what the metrics whose keys match a pattern need from GitHub, for `report doctor` and for the estimate of requests.
///
/// ```
/// use system_health_collectors::{github::{GitHubAccess, GitHubApi, Permission}, github_access};
/// use system_health_registry::Settings;
///
/// github_access!("labels.*", Rest, [Issues]);
///
/// let access = GitHubAccess::for_key("labels.unused").unwrap();
/// let needs = (access.needs)("labels.unused", &Settings::default())?;
/// assert!(needs.apis.contains(&GitHubApi::Rest) && needs.permissions.contains(&Permission::Issues));
/// # Ok::<(), system_health_registry::settings::SettingsError>(())
/// ```
///
/// If the settings decide, a function takes the key of the metric and the settings:
///
/// ```
/// use system_health_collectors::{
///     commits::{CommitSettings, SourceChoice}, github::{GitHubApi, GitHubNeeds, Permission}, github_access,
/// };
/// use system_health_registry::{Settings, settings::SettingsError};
///
/// fn needs(key: &str, settings: &Settings) -> Result<GitHubNeeds, SettingsError> {
///     let needs = GitHubNeeds::default().with_api(GitHubApi::GraphQl, [Permission::Issues]);
///     let is_on_github = settings.table::<CommitSettings>()?.source == SourceChoice::GitHub;
///     Ok(if is_on_github { needs.with_api(GitHubApi::Rest, [Permission::Contents]) } else { needs })
/// }
///
/// github_access!("tickets.*", needs);
/// ```
#[macro_export]
macro_rules! github_access {
    ($keys:literal, $api:ident, [$($permission:ident),*]) => {
        $crate::github_access!($keys, |_, _| {
            let permissions = [$($crate::github::Permission::$permission),*];
            Ok($crate::github::GitHubNeeds::default().with_api($crate::github::GitHubApi::$api, permissions))
        });
    };
    ($keys:literal, $needs:expr) => {
        $crate::__private::inventory::submit! {
            $crate::github::GitHubAccess::new($keys, $needs)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_and_patterns_of_keys_are_accepted() {
        for keys in ["ci.runners", "prs.*", "*", "Z9.x_"] {
            assert!(is_key_pattern(keys) && Glob::new(keys).is_ok(), "{keys}");
        }
        for keys in ["", "prs.[", "prs.{a", "prs *", "prs.\\", "é"] {
            assert!(!is_key_pattern(keys), "{keys}");
        }
    }
}
