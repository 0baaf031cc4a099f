//! The commits of a branch since a time.
//!
//! gix's own walk is not used. It skips a missing commit, and it does not show where a shallow clone ends. Both would
//! silently lower the count.

use std::{
    collections::{BinaryHeap, HashSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use gix::{ObjectId, Repository};
use system_health_registry::Unavailable;

use super::tip::Tip;
use crate::commits::{BranchHistory, Commit, CommitAuthor, HistoryRange, Walk};

/// What the walk needs to know about a commit. The order of the fields orders the walk by date.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct QueuedCommit {
    committed_at: SystemTime,
    id: ObjectId,
    parents: Vec<ObjectId>,
    message: String,
    name: String,
    email: String,
}

/// Reads the commits of the range. For a backfill, reads all commits that the walk visits.
pub(super) fn read(
    repository: &Repository,
    tip: Tip,
    range: &HistoryRange,
) -> Result<BranchHistory, Unavailable> {
    let cut_off = cut_off(repository)?;
    let mut commits = Vec::new();
    let mut walk = Walk::default();
    let mut end = range.walk_end();
    let mut seen = HashSet::from([tip.commit]);
    let mut queue = BinaryHeap::from([read_commit(repository, tip.commit)?]);
    while let Some(QueuedCommit { committed_at, id, mut parents, message, name, email }) = queue.pop() {
        if end.should_stop_at(committed_at) {
            break;
        }
        let is_cut_off = cut_off.contains(&id) && !parents.is_empty();
        if range.is_backfill() {
            if is_cut_off {
                walk.cut_off.insert(id.to_string(), shallow(id));
            }
            walk.visit(&id.to_string(), parents.iter().map(ToString::to_string).collect());
        }
        if range.is_backfill() || range.contains(committed_at) {
            if is_cut_off && !range.is_backfill() {
                return Err(shallow(id));
            }
            let author = CommitAuthor { name, email, login: None, is_bot: false };
            let id = id.to_string();
            commits.push(Commit { id, message, committed_at, web_page: None, author, node_id: None });
        }
        if range.is_first_parent() {
            parents.truncate(1);
        }
        if !is_cut_off {
            for parent in parents {
                if seen.insert(parent) {
                    queue.push(read_commit(repository, parent)?);
                }
            }
        }
    }
    Ok(BranchHistory { branch: tip.branch, commits, web_page: None, walk })
}

fn read_commit(repository: &Repository, id: ObjectId) -> anyhow::Result<QueuedCommit> {
    let read = || -> gix::Result<_> {
        let commit = repository.find_commit(id)?;
        let commit = commit.decode()?;
        let author = commit.author()?;
        let author = (author.name.to_string(), author.email.to_string());
        Ok((commit.time()?.seconds, commit.parents().collect(), commit.message.to_string(), author))
    };
    let (seconds, parents, message, (name, email)) =
        read().with_context(|| format!("cannot read commit {id} of the local clone"))?;
    let committed_at = time(seconds).with_context(|| format!("commit {id} has an invalid date"))?;
    Ok(QueuedCommit { committed_at, id, parents, message, name, email })
}

/// The commits of a shallow clone whose parents were not fetched.
fn cut_off(repository: &Repository) -> anyhow::Result<HashSet<ObjectId>> {
    let boundary = repository.shallow_commits().context("cannot check whether the clone is shallow")?;
    Ok(boundary.map(|boundary| boundary.iter().copied().collect()).unwrap_or_default())
}

fn shallow(id: ObjectId) -> Unavailable {
    Unavailable::no_data(format!(
        "the clone is shallow and its history does not reach the start of the window: it ends at commit {}; \
         fetch the rest with `git fetch --unshallow`",
        id.to_hex_with_len(12)
    ))
}

fn time(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}
