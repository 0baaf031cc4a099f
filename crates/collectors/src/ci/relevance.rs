//! Which runs test the branch, and whether GitHub's list of them is up to date.

use std::time::SystemTime;

use super::{
    CiSettings, CiTables,
    known_runs::{CiQuery, IndexState, KnownRuns},
    trigger_events::MERGE_GROUP,
    workflow_run::WorkflowRun,
};
use crate::{repository::Branch, short_id::short_id};

/// The workflow and the branch, with their settings.
#[derive(Debug)]
pub(super) struct WatchedWorkflow<'a> {
    pub(super) settings: &'a CiSettings,
    pub(super) tables: &'a CiTables,
    pub(super) branch: &'a Branch,
    pub(super) now: SystemTime,
}

/// Whether a run is relevant for the branch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Relevance {
    /// It ran for another branch.
    OtherBranch,
    /// It does not test the branch, for this reason.
    Ignored(String),
    /// It tests the branch.
    Counts,
}

/// Whether a run is relevant for the branch, or what has to be fetched to decide that.
pub(super) fn relevance(
    watched: &WatchedWorkflow<'_>,
    known: &KnownRuns,
    run: &WorkflowRun,
) -> Result<Relevance, CiQuery> {
    let branch = watched.branch.as_str();
    let head = run.head_branch.as_deref().unwrap_or_default();
    let is_queue = run.event == MERGE_GROUP && is_merge_queue(head, branch);
    if head != branch && !is_queue {
        return Ok(Relevance::OtherBranch);
    }
    Ok(if !run.is_own() {
        let ran_for =
            if run.head_repository.is_some() { "a fork" } else { "a repository that no longer exists" };
        Relevance::Ignored(format!("it ran for {ran_for}"))
    } else if !watched.settings.events.contains(&run.event) {
        Relevance::Ignored(format!("`{}` is not one of the events that test the branch", run.event))
    } else if is_queue && !is_on_branch(branch, known, &run.head_sha)? {
        Relevance::Ignored("its commit of the merge queue is not among the newest on the branch".to_owned())
    } else {
        Relevance::Counts
    })
}

/// Why the list of the branch's runs may be out of date. `None` if it is up to date.
pub(super) fn staleness(watched: &WatchedWorkflow<'_>, known: &KnownRuns) -> Result<Option<String>, CiQuery> {
    let branch = watched.branch;
    let problem = match known.index() {
        IndexState::UpToDate => return Ok(None),
        IndexState::LacksRun(run) => format!("may be stale: the list lacks {run}"),
        IndexState::NeedsTip => {
            let counts = |run: &&WorkflowRun| {
                run.is_own()
                    && run.head_branch.as_deref() == Some(branch.as_str())
                    && watched.settings.events.contains(&run.event)
            };
            let mut counting = known.runs().iter().filter(counts).peekable();
            if counting.peek().is_none() {
                let problem = "shows none that counts: the list may be stale, and it never contains runs of the merge queue";
                return Ok(Some(not_up_to_date(watched, problem)));
            }
            let commits = known.commits().ok_or(CiQuery::Commits)?;
            let Some(tip) = commits.first() else { return Ok(Some("the branch has no commits".to_owned())) };
            if counting.any(|run| run.head_sha == *tip) {
                return Ok(None);
            }
            format!("may be stale: the list has no run for the newest commit {}", short_id(tip))
        }
    };
    Ok(Some(not_up_to_date(watched, &problem)))
}

fn not_up_to_date(watched: &WatchedWorkflow<'_>, problem: &str) -> String {
    format!(
        "the newest runs of {} on all branches do not decide, and GitHub's list of those on the branch `{}` {problem}",
        watched.settings.workflow, watched.branch
    )
}

/// Whether a commit of the merge queue is now on the branch. If a known run is for a push of this commit to the branch, no
/// request is needed.
fn is_on_branch(branch: &str, known: &KnownRuns, sha: &str) -> Result<bool, CiQuery> {
    let is_pushed =
        |run: &WorkflowRun| run.event == "push" && run.head_branch.as_deref() == Some(branch) && run.is_own();
    if known.runs().iter().any(|run| run.head_sha == sha && is_pushed(run)) {
        return Ok(true);
    }
    let commits = known.commits().ok_or(CiQuery::Commits)?;
    Ok(commits.iter().any(|commit| commit == sha))
}

/// Whether a branch belongs to the merge queue of another branch, as in `gh-readonly-queue/main/pr-7-0123abc`. See
/// <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>.
fn is_merge_queue(head: &str, branch: &str) -> bool {
    let queue = head.strip_prefix("gh-readonly-queue/").and_then(|rest| rest.strip_prefix(branch));
    queue.is_some_and(|rest| rest.starts_with("/pr-"))
}
