//! Metrics about the commits that recently landed on a branch, such as hotfixes and reverts. Most of the metrics read the
//! commits on GitHub or in a local clone.

#[cfg(feature = "github")]
mod access;
mod author;
mod classification;
mod classifier;
mod commit;
mod commit_list;
#[cfg(feature = "github")]
mod force_pushes;
mod history;
mod history_range;
mod hotfix;
mod labels;
#[cfg(feature = "github")]
mod landing;
mod message;
mod message_patterns;
mod metrics;
mod past;
mod pattern;
mod people;
mod recent;
mod revert;
mod settings;
mod source;
mod usage;

pub use author::CommitAuthor;
pub use classification::Classification;
pub use classifier::Classifier;
pub use commit::Commit;
#[cfg(feature = "github")]
pub use force_pushes::{ForcePushes, force_pushes};
pub use history::BranchHistory;
#[cfg(any(feature = "git", feature = "github"))]
pub(crate) use history::Walk;
pub use history_range::{HistoryRange, WalkEnd};
pub use labels::{CommitLabels, LabelNames};
#[cfg(feature = "github")]
pub use landing::{LandedCommits, direct_pushes};
pub use message_patterns::{MessagePatterns, MessagePatternsError};
pub use metrics::{active_authors, hotfix_commits, landed_commits, revert_commits};
pub use recent::{CommitsOrigin, RecentCommits};
pub use settings::{CommitSettings, HistoryChoice, SourceChoice};
pub use source::CommitSource;
#[cfg(feature = "github")]
pub(crate) use source::matching_clone;
