//! The files `FETCH_HEAD`, which list what the last fetches found on a remote.
//!
//! Each fetch writes the file, even if nothing is new. Git empties the file before connecting, so the file is empty after a
//! failed fetch.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Context as _;
use gix::{
    ObjectId, Repository,
    bstr::{BStr, ByteSlice},
};

use super::{
    file::{is_absent, modified_at, read_if_present},
    remote::ConfiguredRemote,
};

/// One fetch from the remote.
pub(super) struct FetchHead {
    pub(super) at: SystemTime,
    refs: Vec<FetchedRef>,
}

/// A branch that a fetch found on the remote, or a commit that it requested by its id.
struct FetchedRef {
    id: String,
    branch: Option<String>,
    is_for_merge: bool,
}

impl FetchHead {
    /// The last fetch in each work tree, if it was from this remote. Each work tree has its own `FETCH_HEAD`.
    pub(super) fn all(repository: &Repository, remote: &ConfiguredRemote) -> anyhow::Result<Vec<Self>> {
        let mut fetches = Vec::new();
        for folder in work_trees(repository.common_dir())? {
            let file = folder.join("FETCH_HEAD");
            let (Some(at), Some(content)) = (modified_at(&file)?, read_if_present(&file)?) else { continue };
            let refs: Vec<_> = content.lines().filter_map(|line| FetchedRef::parse(line, remote)).collect();
            if !refs.is_empty() {
                fetches.push(Self { at, refs });
            }
        }
        Ok(fetches)
    }

    /// The branches that the fetch found.
    pub(super) fn branches(&self) -> Vec<&str> {
        self.refs.iter().filter_map(|fetched| fetched.branch.as_deref()).collect()
    }

    /// Whether the fetch certainly requested all branches of the clone's configuration. If the command names branches, git
    /// marks all of them as for merge. If it names none, git marks at most the upstream of the branch that is checked out. If
    /// a fetch found only branches that are for merge, it is unknown whether the command named them.
    pub(super) fn is_full(&self) -> bool {
        self.refs.iter().any(|fetched| fetched.branch.is_some() && !fetched.is_for_merge)
    }

    /// Whether the fetch found the branch at this commit, or requested the commit by its id.
    pub(super) fn has(&self, branch: &str, commit: ObjectId) -> bool {
        let id = commit.to_string();
        let is_branch = |fetched: &FetchedRef| fetched.branch.as_ref().is_none_or(|name| name == branch);
        self.refs.iter().any(|fetched| fetched.id == id && is_branch(fetched))
    }
}

/// The git folders of all work trees.
fn work_trees(common: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = vec![common.to_owned()];
    let linked = common.join("worktrees");
    match linked.read_dir() {
        Ok(entries) => folders.extend(entries.flatten().map(|entry| entry.path())),
        Err(error) if is_absent(&error) => (),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", linked.display())),
    }
    Ok(folders)
}

impl FetchedRef {
    /// Parses a line of `FETCH_HEAD`, such as `<id> TAB not-for-merge TAB branch 'main' of github.com:a/b`. `None` if the line
    /// is about another remote, or about something other than a branch or a commit.
    fn parse(line: &[u8], remote: &ConfiguredRemote) -> Option<Self> {
        let mut fields = line.splitn(3, |byte| *byte == b'\t');
        let (id, merge, description) = (fields.next()?, fields.next()?, fields.next()?);
        let id = id.to_str().ok()?;
        let (what, url) = description.rsplit_once_str("' of ")?;
        let branch = what.strip_prefix(b"branch '");
        let is_id = what.strip_prefix(b"'").is_some_and(|what| what == id.as_bytes());
        if !remote.has_url(BStr::new(url)) || (branch.is_none() && !is_id) {
            return None;
        }
        let branch = branch.map(|name| name.to_str_lossy().into_owned());
        Some(Self { id: id.to_owned(), branch, is_for_merge: merge.is_empty() })
    }
}
