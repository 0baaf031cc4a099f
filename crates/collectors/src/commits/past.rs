//! What was on a branch at a past instant, as far as its commits show it.
//!
//! Git does not record when a commit landed. This module takes the committer's date, which merging, squashing and rebasing
//! renew. But a commit cannot have landed before the commits below it. So if a commit has an older date than a commit below it,
//! it is taken to have landed with the newest of the commits below it. The branch at an instant consists of the topmost commit
//! of its first-parent chain that had landed, and of all ancestors of this commit.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use system_health_registry::Unavailable;

use super::{BranchHistory, Commit, HistoryRange, history::Walk};

/// The commits of a branch, for each of the instants of a backfill.
#[derive(Debug, Clone)]
pub(super) struct PastCommits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// In the order in which the walk visited them, each with the time at which it landed.
    visited: Vec<(Commit, SystemTime)>,
    walk: Walk,
    /// The length of the longest window.
    window_length: Duration,
    branch: String,
}

impl PastCommits {
    /// The commits of a history. Dates after `read_at` are taken to be wrong. `window_length` is that of the longest window,
    /// which says how far back a run at an instant would have read.
    pub(super) fn new(history: BranchHistory, read_at: SystemTime, window_length: Duration) -> Self {
        let BranchHistory { branch, commits, walk, .. } = history;
        let mut landed = landed_at(&commits, &walk, read_at);
        let with_landing_time = |commit: Commit| {
            let at = landed.remove(&commit.id)?;
            Some((commit, at))
        };
        let visited = commits.into_iter().filter_map(with_landing_time).collect();
        Self(Arc::new(Inner { visited, walk, window_length, branch }))
    }

    /// The commits that a run at an instant would have read, and the range in which it would have read them.
    pub(super) fn at(
        &self,
        instant: SystemTime,
        range: &HistoryRange,
    ) -> Result<(HistoryRange, Arc<[Commit]>), Unavailable> {
        let Inner { visited, walk, window_length, branch } = &*self.0;
        if let Some((until, reason)) = &walk.known_until
            && instant > *until
        {
            return Err(reason.clone());
        }
        let range = range.starting_at(instant.checked_sub(*window_length).unwrap_or(UNIX_EPOCH));
        let mut end = range.walk_end();
        let mut commits = Vec::new();
        let mut is_branch_empty = true;
        for (commit, _) in visited.iter().filter(|(_, landed)| *landed <= instant) {
            is_branch_empty = false;
            if end.should_stop_at(commit.committed_at) {
                return Ok((range, commits.into()));
            }
            if range.contains(commit.committed_at) {
                if let Some(shallow) = walk.cut_off.get(&commit.id) {
                    return Err(shallow.clone());
                }
                commits.push(commit.clone());
            }
        }
        // The end of a shallow clone had not landed yet, so nothing is known about this instant.
        if is_branch_empty && let Some(shallow) = walk.cut_off.values().next() {
            return Err(shallow.clone());
        }
        match &walk.cutoff_reason {
            Some(reason) => Err(reason.clone()),
            None if is_branch_empty && !walk.roots.is_empty() => {
                Err(Unavailable::no_data(format!("the branch `{branch}` had no commits yet")))
            }
            None => Ok((range, commits.into())),
        }
    }
}

/// When each commit landed. The first of the commits is the tip.
fn landed_at(commits: &[Commit], walk: &Walk, read_at: SystemTime) -> HashMap<String, SystemTime> {
    let dates: HashMap<&str, SystemTime> =
        commits.iter().map(|commit| (&*commit.id, commit.committed_at)).collect();
    let parents = |id: &str| walk.parents.get(id).map_or(&[][..], Vec::as_slice);
    let mut chain = Vec::new();
    let mut on_chain = HashSet::new();
    let mut next = commits.first().map(|tip| tip.id.as_str());
    while let Some(id) = next.filter(|id| dates.contains_key(id) && on_chain.insert(id.to_string())) {
        chain.push(id);
        next = parents(id).first().map(String::as_str);
    }
    let mut landed = HashMap::with_capacity(commits.len());
    let mut newest = UNIX_EPOCH;
    for id in chain.into_iter().rev() {
        // A date in the future is wrong, so it says nothing about the commits above it.
        newest =
            dates.get(id).copied().filter(|date| *date <= read_at).map_or(newest, |date| date.max(newest));
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            if dates.contains_key(id) && !landed.contains_key(id) {
                landed.insert(id.to_owned(), newest);
                waiting.extend(parents(id).iter().map(String::as_str));
            }
        }
    }
    landed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commits::{CommitAuthor, HistoryChoice};

    fn at(hours: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(hours)
    }

    /// Commits with their hours and parents, the tip first.
    fn past(commits: &[(&str, u64, &[&str])]) -> PastCommits {
        let mut history = BranchHistory {
            branch: "main".to_owned(),
            commits: Vec::new(),
            web_page: None,
            walk: Walk::default(),
        };
        for (id, hours, parents) in commits {
            history.walk.visit(id, parents.iter().map(ToString::to_string).collect());
            let (committed_at, author) = (at(*hours), CommitAuthor::default());
            let (message, id) = (String::new(), (*id).to_owned());
            history.commits.push(Commit { id, message, committed_at, web_page: None, author, node_id: None });
        }
        PastCommits::new(history, at(1_000), Duration::from_hours(50))
    }

    fn ids(past: &PastCommits, hours: u64) -> String {
        let range = HistoryRange::new(at(0), HistoryChoice::FirstParent);
        match past.at(at(hours), &range) {
            Ok((_, commits)) => commits.iter().map(|commit| commit.id.as_str()).collect::<Vec<_>>().join(" "),
            Err(unavailable) => unavailable.to_string(),
        }
    }

    #[test]
    fn commits_in_the_order_of_their_dates_land_at_their_dates() {
        let past = past(&[("c", 120, &["b"]), ("b", 110, &["a"]), ("a", 100, &["root"]), ("root", 1, &[])]);
        assert_eq!([100, 109, 110, 400].map(|hour| ids(&past, hour)), ["a", "a", "b a", ""]);
        assert_eq!(ids(&past, 0), "the branch `main` had no commits yet");
    }

    #[test]
    fn an_old_commit_on_top_of_a_newer_one_lands_with_it() {
        let past = past(&[("late", 100, &["b"]), ("b", 110, &["a"]), ("a", 90, &[])]);
        assert_eq!([105, 110].map(|hour| ids(&past, hour)), ["a", "late b a"]);
    }

    #[test]
    fn the_commits_of_a_merged_branch_land_with_the_merge() {
        let past = past(&[
            ("merge", 120, &["a", "topic2"]),
            ("topic2", 111, &["topic1"]),
            ("topic1", 110, &["a"]),
            ("a", 100, &[]),
        ]);
        assert_eq!([119, 120].map(|hour| ids(&past, hour)), ["a", "merge topic2 topic1 a"]);
    }

    #[test]
    fn a_date_in_the_future_does_not_hide_the_commits_above_it() {
        let past = past(&[("b", 110, &["wrong"]), ("wrong", 9_000, &["a"]), ("a", 100, &[])]);
        assert_eq!([109, 110].map(|hour| ids(&past, hour)), ["wrong a", "b wrong a"]);
    }
}
