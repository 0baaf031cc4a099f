//! Which runs test the branch, and whether the list of them can be trusted.

use std::time::SystemTime;

use super::{
    CiSettings, CiTables,
    events::MERGE_GROUP,
    history::{Freshness, History, Question},
    run::Run,
};
use crate::repository::Branch;

/// What is to be judged.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    pub(super) settings: &'a CiSettings,
    pub(super) tables: &'a CiTables,
    pub(super) branch: &'a Branch,
    pub(super) now: SystemTime,
}

/// What a run has to do with the branch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// It ran for another branch.
    Elsewhere,
    /// It does not test the branch, for this reason.
    Ignored(String),
    /// It tests the branch.
    Counts,
}

/// What a run has to do with the branch, unless something has to be known first.
pub(super) fn scope(watched: &Watched<'_>, history: &History, run: &Run) -> Result<Scope, Question> {
    let branch = watched.branch.as_str();
    let head = run.head_branch.as_deref().unwrap_or_default();
    let is_queue = run.event == MERGE_GROUP && is_merge_queue(head, branch);
    if head != branch && !is_queue {
        return Ok(Scope::Elsewhere);
    }
    Ok(if !run.is_own() {
        let ran_for = if run.head_repository.is_some() { "a fork" } else { "a repository that is gone" };
        Scope::Ignored(format!("it ran for {ran_for}"))
    } else if !watched.settings.events.contains(&run.event) {
        Scope::Ignored(format!("`{}` is not one of the events that test the branch", run.event))
    } else if is_queue && !is_on_branch(branch, history, &run.head_sha)? {
        Scope::Ignored("its commit of the merge queue is not among the newest on the branch".to_owned())
    } else {
        Scope::Counts
    })
}

/// Why the list of the branch's runs may lack runs, if it may.
pub(super) fn staleness(watched: &Watched<'_>, history: &History) -> Result<Option<String>, Question> {
    let branch = watched.branch;
    let problem = match history.freshness() {
        Freshness::Proven => return Ok(None),
        Freshness::Lacks(run) => format!("may be stale: the list lacks {run}"),
        Freshness::AsksForTip => {
            let counts = |run: &&Run| {
                run.is_own()
                    && run.head_branch.as_deref() == Some(branch.as_str())
                    && watched.settings.events.contains(&run.event)
            };
            let mut counting = history.runs().iter().filter(counts).peekable();
            if counting.peek().is_none() {
                let problem = "shows none that counts: the list may be stale, and it never contains runs of the merge queue";
                return Ok(Some(no_proof(watched, problem)));
            }
            let commits = history.commits().ok_or(Question::Commits)?;
            let Some(tip) = commits.first() else { return Ok(Some("the branch has no commits".to_owned())) };
            if counting.any(|run| run.head_sha == *tip) {
                return Ok(None);
            }
            let tip = tip.get(..7).unwrap_or(tip);
            format!("may be stale: the list has no run for the newest commit {tip}")
        }
    };
    Ok(Some(no_proof(watched, &problem)))
}

fn no_proof(watched: &Watched<'_>, problem: &str) -> String {
    format!(
        "the newest runs of {} on all branches do not decide, and GitHub's list of those on the branch `{}` {problem}",
        watched.settings.workflow, watched.branch
    )
}

/// Whether a commit of the merge queue has become one of the branch. A later run for it on the branch shows
/// that without a request.
fn is_on_branch(branch: &str, history: &History, sha: &str) -> Result<bool, Question> {
    let is_pushed =
        |run: &Run| run.event == "push" && run.head_branch.as_deref() == Some(branch) && run.is_own();
    if history.runs().iter().any(|run| run.head_sha == sha && is_pushed(run)) {
        return Ok(true);
    }
    let commits = history.commits().ok_or(Question::Commits)?;
    Ok(commits.iter().any(|commit| commit == sha))
}

/// Whether a branch belongs to the merge queue of another, as in `gh-readonly-queue/main/pr-7-0123abc`.
/// See <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>.
fn is_merge_queue(head: &str, branch: &str) -> bool {
    let queue = head.strip_prefix("gh-readonly-queue/").and_then(|rest| rest.strip_prefix(branch));
    queue.is_some_and(|rest| rest.starts_with("/pr-"))
}
