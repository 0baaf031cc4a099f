//! What metrics read from GitHub, as resources: the client, the repository, its branch and its commits.

mod access;
mod branch;
mod commit;
mod existing_branch;
mod history;
mod repository;

pub use branch::WatchedBranch;
pub(crate) use existing_branch::{ExistingBranch, ProtectedChecks};
pub use repository::GitHubRepository;
