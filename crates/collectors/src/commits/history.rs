//! The commits of a branch, as a `CommitSource` returns them.

use super::Commit;

/// The commits of a branch since a time.
#[derive(Debug, Clone)]
pub struct BranchHistory {
    /// The branch, or `HEAD` if a commit is checked out without a branch.
    pub branch: String,
    /// The commits, newest first.
    pub commits: Vec<Commit>,
    /// The web page that lists the commits of the branch, if the source knows it.
    pub page: Option<String>,
}
