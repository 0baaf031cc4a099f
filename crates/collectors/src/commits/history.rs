//! The commits of a branch, as a `CommitSource` returns them.

use std::{
    collections::{HashMap, HashSet},
    time::SystemTime,
};

use system_health_registry::Unavailable;

use super::Commit;

/// The commits of a branch since a time.
#[derive(Debug, Clone)]
pub struct BranchHistory {
    /// The branch, or `HEAD` if a commit is checked out without a branch.
    pub branch: String,
    /// The commits, newest first.
    pub commits: Vec<Commit>,
    /// The web page that lists the commits of the branch, if the source knows it.
    pub web_page: Option<String>,
    /// How the commits were found, if the range is that of a backfill. Then `commits` has all visited commits.
    pub(crate) walk: Walk,
}

/// How the commits were found, from the tip of the branch to the end of the walk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Walk {
    /// The parents of each visited commit, the first parent first.
    pub(crate) parents: HashMap<String, Vec<String>>,
    /// The commits at which a shallow clone ends, each with the reason why older commits are unknown.
    pub(crate) cut_off: HashMap<String, Unavailable>,
    /// The visited commits without parents.
    pub(crate) roots: HashSet<String>,
    /// Why older commits than those that were visited are unknown.
    pub(crate) cutoff_reason: Option<Unavailable>,
    /// Commits that landed after this time may be missing, so a later instant is unavailable for this reason.
    pub(crate) known_until: Option<(SystemTime, Unavailable)>,
}

impl Walk {
    /// Adds a visited commit.
    pub(crate) fn visit(&mut self, id: &str, parents: Vec<String>) {
        if parents.is_empty() {
            self.roots.insert(id.to_owned());
        }
        self.parents.insert(id.to_owned(), parents);
    }
}
