//! What the last fetches found on a remote, from the files `FETCH_HEAD`.
//!
//! Git writes the file in each fetch, even if nothing is new. It empties the file before it connects, so a
//! fetch that failed leaves nothing in it.

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
    file::{is_absent, modified, read_if_there},
    remote::ConfiguredRemote,
};

/// One fetch from the remote, as a `FETCH_HEAD` describes it.
pub(super) struct Fetch {
    pub(super) at: SystemTime,
    found: Vec<Found>,
}

/// What a fetch found on the remote: a branch, or a commit that it asked for by its id.
struct Found {
    id: String,
    branch: Option<String>,
    is_for_merge: bool,
}

impl Fetch {
    /// The fetches from this remote that are still known: one for each work tree, because each has a
    /// `FETCH_HEAD` of its own.
    pub(super) fn all(repository: &Repository, remote: &ConfiguredRemote) -> anyhow::Result<Vec<Self>> {
        let mut fetches = Vec::new();
        for folder in work_trees(repository.common_dir())? {
            let file = folder.join("FETCH_HEAD");
            let (Some(at), Some(content)) = (modified(&file)?, read_if_there(&file)?) else { continue };
            let found: Vec<_> = content.lines().filter_map(|line| Found::parse(line, remote)).collect();
            if !found.is_empty() {
                fetches.push(Self { at, found });
            }
        }
        Ok(fetches)
    }

    /// The branches that it found.
    pub(super) fn branches(&self) -> Vec<&str> {
        self.found.iter().filter_map(|found| found.branch.as_deref()).collect()
    }

    /// Whether it surely asked for all branches that the clone's configuration names. Git marks every branch
    /// that somebody named in the command as for merge, and without names at most those that are upstream of
    /// what is checked out. If a fetch found nothing else, it cannot be told.
    pub(super) fn is_full(&self) -> bool {
        self.found.iter().any(|found| found.branch.is_some() && !found.is_for_merge)
    }

    /// Whether it found the branch at this commit, or asked for the commit by its id.
    pub(super) fn has(&self, branch: &str, commit: ObjectId) -> bool {
        let id = commit.to_string();
        self.found
            .iter()
            .any(|found| found.id == id && found.branch.as_ref().is_none_or(|found| found == branch))
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

impl Found {
    /// Reads a line of `FETCH_HEAD`, such as `<id> TAB not-for-merge TAB branch 'main' of github.com:a/b`, if
    /// it is about this remote and a branch or a commit.
    fn parse(line: &[u8], remote: &ConfiguredRemote) -> Option<Self> {
        let mut fields = line.splitn(3, |byte| *byte == b'\t');
        let (id, merge, description) = (fields.next()?, fields.next()?, fields.next()?);
        let id = id.to_str().ok()?;
        let (what, url) = description.rsplit_once_str("' of ")?;
        let branch = what.strip_prefix(b"branch '");
        let is_id = what.strip_prefix(b"'").is_some_and(|what| what == id.as_bytes());
        if !remote.is_at(BStr::new(url)) || (branch.is_none() && !is_id) {
            return None;
        }
        let branch = branch.map(|name| name.to_str_lossy().into_owned());
        Some(Self { id: id.to_owned(), branch, is_for_merge: merge.is_empty() })
    }
}
