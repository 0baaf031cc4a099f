//! Metrics about the commits that recently landed on a branch: hotfixes and reverts, from GitHub or from a local clone.

mod classification;
mod classifier;
mod commit;
mod commit_list;
mod history;
mod history_range;
mod hotfix;
mod message;
mod message_patterns;
mod metrics;
mod recent;
mod revert;
mod settings;
mod source;
mod usage;

pub use classification::Classification;
pub use classifier::Classifier;
pub use commit::Commit;
pub use history::BranchHistory;
pub use history_range::{HistoryRange, WalkEnd};
pub use message_patterns::{MessagePatterns, MessagePatternsError};
pub use metrics::{hotfix_commits, revert_commits};
pub use recent::{CommitsOrigin, RecentCommits};
pub use settings::{CommitSettings, HistoryChoice, SourceChoice};
pub use source::CommitSource;
#[cfg(feature = "github")]
pub(crate) use source::matching_clone;
