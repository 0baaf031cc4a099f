//! How up to date a clone's copy of a remote branch is.
//!
//! Without the newest commits, a count is wrong, and usually 0. Git does not record when it last found a branch
//! unchanged, so the time is derived from what a fetch writes:
//! - the file `FETCH_HEAD`, which lists the branches of one fetch and is written even if nothing is new;
//! - the reflog of the remote-tracking branch, which has an entry for each change;
//! - the file of the remote-tracking branch, for clones without reflogs;
//! - the first entry of the clone's reflog, if `git clone` wrote it;
//! - for a bare clone, the files that `git clone` copies from git's template.
//!
//! If `FETCH_HEAD` lists the branch at the clone's commit, its time decides, or that of a later push. If it does not, the newest
//! of the other times decides, because none of them is later than the last fetch or push. The times of `packed-refs` and of
//! `HEAD` are not used, because `git gc` and `git symbolic-ref` rewrite these files without a fetch.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use gix::{ObjectId, Repository};
use system_health_registry::Unavailable;

use super::{
    fetch_head::FetchHead,
    file::modified_at,
    reflog::ReflogEntry,
    remote::ConfiguredRemote,
    tip::{self, Tip},
};
use crate::date::format_date;

/// A warning is logged if the last fetch is older.
const STALE_AFTER: Duration = Duration::from_hours(24);
/// The usual names of default branches.
const USUAL_NAMES: [&str; 3] = ["main", "master", "trunk"];
/// Maximum number of other branches listed in a message.
const MAX_OTHERS: usize = 3;
/// Clocks differ, so a commit may have an earlier date than its parents. In seconds.
const CLOCK_SKEW: i64 = 24 * 60 * 60;

/// Refuses a branch that was not fetched since the start of the window, that the last fetch did not find, or that no longer
/// seems to be the default branch. Returns when the branch was last fetched.
pub(super) fn check(
    repository: &Repository,
    remote: &ConfiguredRemote,
    tip: &Tip,
    since: SystemTime,
) -> Result<SystemTime, Unavailable> {
    let fetches = FetchHead::all(repository, remote)?;
    let current_at = last_current(repository, remote, tip, &fetches)?;
    // A fetch of other branches says nothing about this one.
    let full = fetches.iter().filter(|fetch| fetch.is_full() && remote.fetches_by_pattern(&tip.branch));
    if let Some(others) = fetched_without(full, &tip.branch, current_at) {
        return Err(not_found_by_last_fetch(remote, tip, &others));
    }
    if tip.is_default
        && let Some(successor) = successor(repository, remote, tip)?
    {
        return Err(Unavailable::no_data(format!(
            "in this clone, the default branch of `{name}` is `{branch}`, but `{successor}` contains all of it and newer \
             commits; if the default branch was renamed, run `{command}`, otherwise name the branch with `branch` in \
             [repository]",
            branch = tip.branch,
            name = remote.name,
            command = remote.default_branch_command(),
        )));
    }
    let (branch, name, command) = (&tip.branch, &remote.name, remote.branch_fetch_command(&tip.branch));
    let Some(current_at) = current_at else {
        return Err(Unavailable::no_data(format!(
            "it is unknown when this clone last fetched `{branch}` from `{name}`; run `{command}`"
        )));
    };
    let date = format_date(current_at);
    if current_at < since {
        return Err(Unavailable::no_data(format!(
            "this clone last fetched `{branch}` from `{name}` at {date}, before the window started; run \
             `{command}`{}",
            if fetched_without(&fetches, branch, Some(current_at)).is_some() {
                format!("; if `{branch}` no longer exists there, {}", replacement(remote, tip))
            } else {
                String::new()
            }
        )));
    }
    if SystemTime::now().duration_since(current_at).is_ok_and(|age| age > STALE_AFTER) {
        tracing::warn!(
            target: "system_health",
            "this clone last fetched `{branch}` from `{name}` at {date}, so newer commits do not count; run `{command}`"
        );
    }
    Ok(current_at)
}

/// The reason of no data for an instant after the last fetch: the clone may lack commits that landed before this instant.
pub(super) fn not_fetched_since(remote: &ConfiguredRemote, tip: &Tip, fetched_at: SystemTime) -> Unavailable {
    Unavailable::no_data(format!(
        "this clone last fetched `{}` from `{}` at {}, before this instant; run `{}`",
        tip.branch,
        remote.name,
        format_date(fetched_at),
        remote.branch_fetch_command(&tip.branch)
    ))
}

fn not_found_by_last_fetch(remote: &ConfiguredRemote, tip: &Tip, others: &[&str]) -> Unavailable {
    let (branch, name, fetch) = (&tip.branch, &remote.name, remote.fetch_command());
    let others = tip::list(others, MAX_OTHERS);
    Unavailable::no_data(if tip.is_default {
        let set_head = remote.default_branch_command();
        format!(
            "in this clone, the default branch of `{name}` is `{branch}`, but the last fetch found only {others} there; \
             if the default branch was renamed, run `{set_head}`, otherwise run `{fetch}`"
        )
    } else {
        format!(
            "the last fetch from `{name}` found {others} there, but not `{branch}`; run `{fetch}`, and if the branch no \
             longer exists, name another one with `branch` in [repository]"
        )
    })
}

/// What to do if the branch no longer exists.
fn replacement(remote: &ConfiguredRemote, tip: &Tip) -> String {
    if tip.is_default {
        format!("run `{}`", remote.default_branch_command())
    } else {
        "name another branch with `branch` in [repository]".to_owned()
    }
}

/// The branches that the newest of these fetches found, if this fetch is later than the branch's last fetch and did not find
/// the branch.
fn fetched_without<'a>(
    fetches: impl IntoIterator<Item = &'a FetchHead>,
    branch: &str,
    current_at: Option<SystemTime>,
) -> Option<Vec<&'a str>> {
    let has_branches = |fetch: &&FetchHead| !fetch.branches().is_empty();
    let newest = fetches.into_iter().filter(has_branches).max_by_key(|fetch| fetch.at)?;
    let mut found = newest.branches();
    found.sort_by_key(|found| !USUAL_NAMES.contains(found));
    let is_later = current_at.is_none_or(|current_at| newest.at > current_at);
    (is_later && !found.contains(&branch)).then_some(found)
}

/// Another usual default branch that contains this one and newer commits. After a rename, a remote may keep its old
/// default branch, which gets no new commits.
fn successor(
    repository: &Repository,
    remote: &ConfiguredRemote,
    tip: &Tip,
) -> anyhow::Result<Option<&'static str>> {
    if !USUAL_NAMES.contains(&&*tip.branch) {
        return Ok(None);
    }
    for other in USUAL_NAMES.into_iter().filter(|other| *other != tip.branch) {
        if let Some(commit) = tip::read(repository, &remote.tracking_ref(other))?
            && commit != tip.commit
            && is_first_parent_ancestor(repository, tip.commit, commit)?
        {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Whether a commit is among the first-parent ancestors of another one.
fn is_first_parent_ancestor(repository: &Repository, old: ObjectId, new: ObjectId) -> anyhow::Result<bool> {
    let walk = || -> gix::Result<bool> {
        let until = repository.find_commit(old)?.time()?.seconds.saturating_sub(CLOCK_SKEW);
        let mut next = Some(new);
        while let Some(id) = next {
            if id == old {
                return Ok(true);
            }
            // The commit may be missing because the clone is shallow.
            let Ok(commit) = repository.find_commit(id) else { return Ok(false) };
            if commit.time()?.seconds < until {
                return Ok(false);
            }
            next = commit.parent_ids().next().map(gix::Id::detach);
        }
        Ok(false)
    };
    walk().context("cannot compare the default branch with the clone's other branches")
}

/// The last known time at which the clone's copy of the branch was the same as the remote's.
fn last_current(
    repository: &Repository,
    remote: &ConfiguredRemote,
    tip: &Tip,
    fetches: &[FetchHead],
) -> anyhow::Result<Option<SystemTime>> {
    let folder = repository.common_dir();
    let reference = remote.tracking_ref(&tip.branch);
    let log = ReflogEntry::all(folder, &reference)?;
    let changed = log.iter().rev().find(|entry| entry.is_from_remote());

    let has = |fetch: &&FetchHead| fetch.has(&tip.branch, tip.commit);
    let listed = fetches.iter().filter(has).map(|fetch| fetch.at).max();
    if listed.is_some() {
        // Only a push can be later.
        return Ok(listed.max(changed.filter(|entry| entry.is_push()).map(|entry| entry.at)));
    }

    let changed = changed.map(|entry| entry.at);
    // The reflog is more reliable, because renaming a remote rewrites the file, too.
    let written = if log.is_empty() { modified_at(&folder.join(&reference))? } else { None };
    let mut cloned = None;
    for name in ["HEAD", &remote.tracking_ref("HEAD")] {
        let first = ReflogEntry::all(folder, name)?.into_iter().next();
        cloned = cloned.max(first.filter(|entry| entry.was_written_by("clone: ")).map(|entry| entry.at));
    }
    // Bare clones have no reflogs.
    let created = if repository.is_bare() { created_at(folder)? } else { None };
    Ok([changed, written, cloned, created].into_iter().flatten().max())
}

/// When a bare clone was made: the time of the older of two files from git's template. It is unlikely that both were
/// modified.
fn created_at(folder: &Path) -> anyhow::Result<Option<SystemTime>> {
    let description = modified_at(&folder.join("description"))?;
    let exclude = modified_at(&folder.join("info/exclude"))?;
    Ok([description, exclude].into_iter().flatten().min())
}
