//! Metrics over what landed on a branch lately: hotfixes and reverts, from GitHub or from the local clone.

mod classifier;
mod commit;
mod hotfix;
mod listing;
mod message;
mod metrics;
mod patterns;
mod recent;
mod revert;
mod settings;
mod source;
mod usage;
mod verdict;
mod window;

pub use classifier::Classifier;
pub use commit::Commit;
pub use metrics::{hotfix_commits, revert_commits};
pub use patterns::{Patterns, PatternsError};
pub use recent::{CommitsOrigin, RecentCommits};
pub use settings::{CommitSettings, HistoryChoice, SourceChoice};
pub use source::CommitSource;
pub(crate) use source::suitable_clone;
pub use verdict::Verdict;
pub use window::Window;
