//! The metrics that `report` brings along, and the resources that they and yours are made of.
//!
//! | resource | what it is |
//! |---|---|
//! | [`repository::Repository`] | a repository that the metrics are about: what `each = Repository` names |
//! | [`github::GitHub`] | a client for GitHub's REST API |
//! | [`github::GitHubRepository`], [`github::WatchedBranch`] | the repository and its branch on GitHub |
//! | [`local_clone::LocalClone`] | the git repository that the run starts in |
//! | [`commits::CommitSource`], [`commits::RecentCommits`] | what was committed lately, and where that was read |
//! | [`ci::CiVerdict`] | whether the tests pass, and the runs that say so |
//!
//! A collector of yours takes any of them as an argument:
//!
//! ```
//! use system_health_collectors::{commits::RecentCommits, repository::Repository};
//! use system_health_registry::system_health_metric;
//!
//! /// Commits on the branch within the window.
//! #[system_health_metric(key = "commits.all", each = Repository, unit = "commit")]
//! fn all_commits(commits: RecentCommits) -> usize {
//!     commits.commits().len()
//! }
//! ```

pub mod ci;
pub mod commits;
mod date;
pub mod doctor;
pub mod github;
pub mod local_clone;
mod page;
pub mod repository;
