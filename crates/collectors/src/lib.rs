//! The built-in metrics of `report`, and the resources that these metrics and yours can use.
//!
//! | resource | what it is | feature |
//! |---|---|---|
//! | [`repository::Repository`] | the subject of the metrics: what `each = Repository` names | |
//! | [`github::GitHub`] | a client for GitHub's REST and GraphQL APIs | `github` |
//! | [`github::GitHubRepository`], [`github::WatchedBranch`] | the repository and its branch on GitHub | `github` |
//! | [`git::LocalClone`] | the git repository around the current directory | `git` |
//! | [`commits::CommitSource`], [`commits::RecentCommits`] | where commits are read, and the recent commits | `git` or `github` |
//! | [`commits::LandedCommits`], [`commits::ForcePushes`] | how commits landed on the branch, and its force pushes | `github` |
//! | [`branches::Branches`] | the branches, with the commits that they point to | `github` |
//! | [`ci::CiVerdict`] | whether the tests pass, and the workflow runs that decided it | `github` |
//! | [`ci::required_checks::RequiredChecksVerdict`] | whether the checks that the branch requires pass | `github` |
//! | [`pull_requests::PullRequests`] | the open and the recent pull requests, with their reviews | `github` |
//! | [`issues::Issues`] | the recent issues | `github` |
//! | `aws::codebuild::CodeBuildBuilds` | the recent builds of AWS CodeBuild | `aws-ci` |
//! | [`dora::Deployments`], [`dora::Changes`] | the deployments to production, and the commits that each brought | `github` |
//! | [`dora::RepositoryDora`] | the settings `[dora]` for the subject's repository | `github` |
//! | [`dora::Failures`] | the deployments that failed, and when each failure ended | `github` |
//! | [`ci::state::WorkflowResults`], [`ci::state::RedStreak`] | which workflows pass, and since when the tests fail | `github` |
//!
//! All features but `aws-ci` are on by default. A program without `git` compiles no part of gix, one without `github` no part of
//! octocrab, and one without `aws` no part of AWS's SDK.
//!
//! Each resource can be an argument of your collector:
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

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "aws-ci")]
pub mod aws;
#[cfg(feature = "github")]
pub mod branches;
#[cfg(feature = "github")]
pub mod ci;
pub mod commits;
mod date;
mod doctor;
#[cfg(feature = "github")]
pub mod dora;
mod extension;
#[cfg_attr(not(feature = "git"), path = "without_git.rs")]
pub mod git;
pub mod github;
#[cfg(any(feature = "aws-ci", feature = "github"))]
mod glob;
#[cfg(any(feature = "aws-ci", feature = "github"))]
mod hex;
#[cfg(feature = "github")]
pub mod issues;
#[cfg(feature = "github")]
mod measured;
#[cfg(feature = "github")]
pub mod pull_requests;
pub mod repository;
#[cfg(feature = "github")]
pub mod security;
mod short_id;
#[cfg(any(feature = "aws-ci", feature = "github"))]
mod statistics;
mod web_page;
