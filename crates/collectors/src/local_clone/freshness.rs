//! How current a clone's copy of a remote branch is.
//!
//! A count over commits that nobody fetched is a wrong number, and usually 0. Git writes down nowhere when a
//! branch was last found unchanged, so the time is put together from what a fetch leaves behind:
//! - the file `FETCH_HEAD`, which lists the branches of one fetch and is written even if nothing is new;
//! - the reflog of the remote-tracking branch, which has an entry for each change;
//! - the file of the remote-tracking branch, for clones without reflogs;
//! - the first entry of the clone's reflog, if it says that it was cloned then;
//! - for a bare clone, the files that git copies from its template when it clones.
//!
//! `FETCH_HEAD` counts if it lists the branch, and otherwise the newest of the others: each of them is at or
//! before the last fetch. Not used are the times of `packed-refs`, which `git gc` rewrites without a fetch, and
//! of `HEAD`, which `git symbolic-ref` rewrites.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use gix::{ObjectId, Repository};
use system_health_registry::Unavailable;

use super::{
    fetch_head::Fetch,
    file::modified,
    reflog::Entry,
    remote::ConfiguredRemote,
    tip::{self, Tip},
};
use crate::date;

/// A clone that was last fetched longer ago is worth a warning.
const STALE: Duration = Duration::from_hours(24);
/// The usual names of default branches.
const USUAL: [&str; 3] = ["main", "master", "trunk"];
/// Clocks differ, so a commit may be dated before its parents.
const CLOCK_SKEW: i64 = 24 * 60 * 60;

/// Refuses a branch that the clone has not fetched since the start of the window, and one that seems to be
/// no longer the default branch.
pub(super) fn check(
    repository: &Repository,
    remote: &ConfiguredRemote,
    tip: &Tip,
    since: SystemTime,
) -> Result<(), Unavailable> {
    let fetches = Fetch::all(repository, remote)?;
    let current_at = last_current(repository, remote, tip, &fetches)?;
    // A fetch of other branches says nothing about this one.
    let full = fetches.iter().filter(|fetch| fetch.is_full() && remote.fetches_if_there(&tip.branch));
    if let Some(others) = fetched_without(full, &tip.branch, current_at) {
        return Err(not_found_again(remote, tip, &others));
    }
    if tip.is_default
        && let Some(successor) = successor(repository, remote, tip)?
    {
        return Err(Unavailable::no_data(format!(
            "the clone takes `{branch}` for the default branch of `{name}`, but `{successor}` contains all of \
             it and goes on; if the default branch was renamed, run `{command}`, otherwise name the branch \
             with `branch` in [repository] or --branch",
            branch = tip.branch,
            name = remote.name,
            command = remote.default_branch_command(),
        )));
    }
    let (branch, name, command) = (&tip.branch, &remote.name, remote.fetch_command());
    let Some(current_at) = current_at else {
        return Err(Unavailable::no_data(format!(
            "the clone does not say when `{branch}` was last fetched from `{name}`; run `{command}`"
        )));
    };
    let date = date::shown(current_at);
    if current_at < since {
        return Err(Unavailable::no_data(format!(
            "the clone last fetched `{branch}` from `{name}` at {date}, before the window started; run \
             `{command}`{}",
            if fetched_without(&fetches, branch, Some(current_at)).is_some() {
                format!("; if the remote has no `{branch}` any more, {}", replacement(remote, tip))
            } else {
                String::new()
            }
        )));
    }
    if SystemTime::now().duration_since(current_at).is_ok_and(|age| age > STALE) {
        tracing::warn!(
            target: "system_health",
            "the clone last fetched `{branch}` from `{name}` at {date}, and newer commits do not count; run \
             `{command}`"
        );
    }
    Ok(())
}

fn not_found_again(remote: &ConfiguredRemote, tip: &Tip, others: &[&str]) -> Unavailable {
    let (branch, name, fetch) = (&tip.branch, &remote.name, remote.fetch_command());
    let (others, _) = others.split_at(others.len().min(3));
    let others = others.join("`, `");
    Unavailable::no_data(if tip.is_default {
        let set_head = remote.default_branch_command();
        format!(
            "the clone takes `{branch}` for the default branch of `{name}`, but the last fetch found `{others}` \
             there and not `{branch}`; if the default branch was renamed, run `{set_head}`, otherwise run \
             `{fetch}`"
        )
    } else {
        format!(
            "the last fetch from `{name}` found `{others}` there and not `{branch}`; run `{fetch}`, and if the \
             branch is gone, name another with `branch` in [repository] or --branch"
        )
    })
}

/// How to name another branch.
fn replacement(remote: &ConfiguredRemote, tip: &Tip) -> String {
    if tip.is_default {
        format!("run `{}`", remote.default_branch_command())
    } else {
        "name another with `branch` in [repository] or --branch".to_owned()
    }
}

/// The branches of the newest of these fetches, if it was after the branch was last known to be current and
/// did not find it.
fn fetched_without<'a>(
    fetches: impl IntoIterator<Item = &'a Fetch>,
    branch: &str,
    current_at: Option<SystemTime>,
) -> Option<Vec<&'a str>> {
    let has_branches = |fetch: &&Fetch| !fetch.branches().is_empty();
    let newest = fetches.into_iter().filter(has_branches).max_by_key(|fetch| fetch.at)?;
    let mut found = newest.branches();
    found.sort_by_key(|found| !USUAL.contains(found));
    let is_later = current_at.is_none_or(|current_at| newest.at > current_at);
    (is_later && !found.contains(&branch)).then_some(found)
}

/// A usual default branch that contains another one and more. The remote may keep its old default branch
/// after a rename, and nothing is ever committed to it again.
fn successor(
    repository: &Repository,
    remote: &ConfiguredRemote,
    tip: &Tip,
) -> anyhow::Result<Option<&'static str>> {
    if !USUAL.contains(&&*tip.branch) {
        return Ok(None);
    }
    for other in USUAL.into_iter().filter(|other| *other != tip.branch) {
        if let Some(commit) = tip::read(repository, &remote.tracking_ref(other))?
            && commit != tip.commit
            && is_before(repository, tip.commit, commit)?
        {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Whether a commit is among the first parents of another one.
fn is_before(repository: &Repository, old: ObjectId, new: ObjectId) -> anyhow::Result<bool> {
    let walk = || -> gix::Result<bool> {
        let until = repository.find_commit(old)?.time()?.seconds.saturating_sub(CLOCK_SKEW);
        let mut next = Some(new);
        while let Some(id) = next {
            if id == old {
                return Ok(true);
            }
            // A shallow clone ends somewhere, and what is not there decides nothing.
            let Ok(commit) = repository.find_commit(id) else { return Ok(false) };
            if commit.time()?.seconds < until {
                return Ok(false);
            }
            next = commit.parent_ids().next().map(gix::Id::detach);
        }
        Ok(false)
    };
    walk().context("cannot compare the default branch with others of the clone")
}

/// When the clone last knew that its copy of the branch is the remote's.
fn last_current(
    repository: &Repository,
    remote: &ConfiguredRemote,
    tip: &Tip,
    fetches: &[Fetch],
) -> anyhow::Result<Option<SystemTime>> {
    let folder = repository.common_dir();
    let reference = remote.tracking_ref(&tip.branch);
    let log = Entry::all(folder, &reference)?;
    let changed = log.iter().rev().find(|entry| entry.is_from_remote());

    let has = |fetch: &&Fetch| fetch.has(&tip.branch, tip.commit);
    let listed = fetches.iter().filter(has).map(|fetch| fetch.at).max();
    if listed.is_some() {
        // Only a push can be later.
        return Ok(listed.max(changed.filter(|entry| entry.is_push()).map(|entry| entry.at)));
    }

    let changed = changed.map(|entry| entry.at);
    // Renaming a remote rewrites the file, too, so that the reflog knows better.
    let written = if log.is_empty() { modified(&folder.join(&reference))? } else { None };
    let mut cloned = None;
    for name in ["HEAD", &remote.tracking_ref("HEAD")] {
        let first = Entry::all(folder, name)?.into_iter().next();
        cloned = cloned.max(first.filter(|entry| entry.is("clone: ")).map(|entry| entry.at));
    }
    // Bare clones have no reflogs.
    let created = if repository.is_bare() { created_at(folder)? } else { None };
    Ok([changed, written, cloned, created].into_iter().flatten().max())
}

/// When the clone was made: its oldest file of git's template. Nobody rewrites both of them.
fn created_at(folder: &Path) -> anyhow::Result<Option<SystemTime>> {
    let description = modified(&folder.join("description"))?;
    let exclude = modified(&folder.join("info/exclude"))?;
    Ok([description, exclude].into_iter().flatten().min())
}
