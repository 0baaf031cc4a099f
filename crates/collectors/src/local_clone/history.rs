//! The commits of a branch within a window of time, as GitHub lists them for `since`.
//!
//! gix has a walk of its own. It takes a commit that is missing for one of 1970 and leaves it out, and
//! it does not say where a shallow clone ends; both would be a smaller count without a word.

use std::{
    collections::{BinaryHeap, HashSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use gix::{ObjectId, Repository};
use system_health_registry::Unavailable;

use super::tip::Tip;
use crate::commits::Commit;

/// Clocks differ, so a commit may be dated before its parents. The walk goes on this much further than
/// the window, so that such a commit does not hide what is behind it.
const CLOCK_SKEW: i64 = 24 * 60 * 60;

/// A commit may also be dated far back, by a rebase that keeps the author's dates. The walk ends only
/// after so many old commits in a row.
const OLD_IN_A_ROW: u32 = 100;

/// What was committed to a branch.
#[derive(Debug, Clone)]
pub struct History {
    /// The branch, or `HEAD` when a commit is checked out without one.
    pub branch: String,
    /// Every commit of the window that can be reached from the branch, newest first.
    pub commits: Vec<Commit>,
}

/// What the walk needs of a commit. The order of the fields orders the walk: by time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Visited {
    time: i64,
    id: ObjectId,
    parents: Vec<ObjectId>,
    message: String,
}

impl History {
    /// Reads the commits whose committer date is `since`, in seconds since 1970, or later.
    pub(super) fn read(repository: &Repository, tip: Tip, since: i64) -> Result<Self, Unavailable> {
        let cut_off = cut_off(repository)?;
        let mut commits = Vec::new();
        let mut seen = HashSet::from([tip.commit]);
        let mut queue = BinaryHeap::from([visit(repository, tip.commit)?]);
        let mut old_in_a_row = 0;
        while let Some(Visited { time, id, parents, message }) = queue.pop() {
            let is_old = time < since.saturating_sub(CLOCK_SKEW);
            old_in_a_row = if is_old { old_in_a_row + 1 } else { 0 };
            if old_in_a_row == OLD_IN_A_ROW {
                break;
            }
            let is_cut_off = cut_off.contains(&id) && !parents.is_empty();
            if time >= since {
                if is_cut_off {
                    return Err(shallow(id));
                }
                let committed_at =
                    instant(time).with_context(|| format!("commit {id} has an impossible date"))?;
                commits.push(Commit { id: id.to_string(), message, committed_at });
            }
            if !is_cut_off {
                for parent in parents {
                    if seen.insert(parent) {
                        queue.push(visit(repository, parent)?);
                    }
                }
            }
        }
        Ok(Self { branch: tip.branch, commits })
    }
}

fn visit(repository: &Repository, id: ObjectId) -> anyhow::Result<Visited> {
    let read = || -> gix::Result<Visited> {
        let commit = repository.find_commit(id)?;
        let commit = commit.decode()?;
        Ok(Visited {
            time: commit.time()?.seconds,
            id,
            parents: commit.parents().collect(),
            message: commit.message.to_string(),
        })
    };
    read().with_context(|| format!("cannot read commit {id} of the local clone"))
}

/// The commits of a shallow clone whose parents were not fetched.
fn cut_off(repository: &Repository) -> anyhow::Result<HashSet<ObjectId>> {
    let boundary = repository.shallow_commits().context("cannot tell whether the clone is shallow")?;
    Ok(boundary.map(|boundary| boundary.iter().copied().collect()).unwrap_or_default())
}

fn shallow(id: ObjectId) -> Unavailable {
    Unavailable::no_data(format!(
        "the clone is shallow and its history ends inside the window, at commit {}; \
         fetch the rest with `git fetch --unshallow`",
        id.to_hex_with_len(12)
    ))
}

fn instant(seconds: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}
