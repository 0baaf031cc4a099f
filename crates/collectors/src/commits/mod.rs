//! Metrics over what was committed lately: hotfixes and reverts, from GitHub or from the local clone.

mod commit;
mod metrics;
mod patterns;
mod recent;
mod settings;
mod source;

pub use commit::Commit;
pub use metrics::{hotfix_commits, revert_commits};
pub use patterns::{Patterns, PatternsError};
pub use recent::{CommitsOrigin, RecentCommits};
pub use settings::{CommitSettings, SourceChoice};
pub use source::CommitSource;
pub(crate) use source::suitable_clone;
