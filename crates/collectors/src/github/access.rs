//! What metrics need of GitHub: the API that they ask and the permissions of the token. Each group declares it once, beside its
//! metrics.

use globset::Glob;
use system_health_registry::__private::inventory;

use super::Permission;

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
    /// A key or a glob, such as `prs.*`.
    pub keys: &'static str,
    /// The API that they ask.
    pub api: GitHubApi,
    /// The permissions to read, beside that to read metadata, which every token has.
    pub permissions: &'static [Permission],
}

inventory::collect!(GitHubAccess);

impl GitHubAccess {
    /// What a metric needs. If several patterns match its key, the longest one counts. `None` if nobody has declared it.
    #[must_use]
    pub fn of_metric(key: &str) -> Option<&'static Self> {
        let is_match = |access: &&Self| {
            Glob::new(access.keys).is_ok_and(|pattern| pattern.compile_matcher().is_match(key))
        };
        inventory::iter::<Self>.into_iter().filter(is_match).max_by_key(|access| access.keys.len())
    }
}

/// Declares what the metrics whose keys match a pattern need of GitHub, for `report doctor` and for the estimate of requests.
///
/// ```
/// use system_health_collectors::{github::{GitHubAccess, GitHubApi, Permission}, github_access};
///
/// github_access!("labels.*", Rest, [Issues]);
///
/// let access = GitHubAccess::of_metric("labels.unused").unwrap();
/// assert_eq!((access.api, access.permissions), (GitHubApi::Rest, &[Permission::Issues][..]));
/// ```
#[macro_export]
macro_rules! github_access {
    ($keys:literal, $api:ident, [$($permission:ident),*]) => {
        $crate::__private::inventory::submit! {
            $crate::github::GitHubAccess {
                keys: $keys,
                api: $crate::github::GitHubApi::$api,
                permissions: &[$($crate::github::Permission::$permission),*],
            }
        }
    };
}
