//! What metrics read from GitHub, as resources: the client, the repository, its branch and its commits.

mod access;
mod branch;
mod commit;
mod history;
mod repository;

pub use branch::WatchedBranch;
pub use repository::GitHubRepository;
