//! The runs of all workflows on all branches, read once for all metrics of a repository.
//!
//! The list without filters is used, because it does not come from GitHub's search index, which may be days old, and
//! because filtered lists end after 1,000 runs. It is read page by page, from the newest run back to the start of the
//! longest window, and further back by `rerun_lookback`, because an older run may have been re-run within the window.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    Context, EvidenceItem, FromContext, Instants, Scope, Unavailable, Window, Windows,
};

use tokio::sync::Mutex;

use super::run_pages::RunPages;
use crate::{
    ci::{CiSettings, TriggerEvents, trigger_events::MERGE_GROUP, workflow_run::WorkflowRun},
    date::format_date,
    github::{ExistingBranch, GitHubRepository, WatchedBranch},
    repository::{Branch, Repository},
};

/// The metrics that look back over a window.
const WINDOWED_METRICS: &[&str] = &[
    "ci.runs",
    "ci.success_ratio*",
    "ci.cancelled_runs",
    "ci.timed_out_runs",
    "ci.rerun_runs",
    "ci.flaky_*",
    "ci.duration_seconds*",
    "ci.queue_seconds*",
    "ci.runner_minutes",
];

/// The recent runs of a repository, on all branches.
#[derive(Debug, Clone)]
pub struct RecentRuns {
    runs: Arc<[WorkflowRun]>,
    branch: Branch,
    settings: Arc<CiSettings>,
    /// Why nothing is known about the branch, if no run of it is listed and it may not exist.
    unknown_branch: Option<Unavailable>,
    /// The windows need the runs since this time. Some runs on the last page are older.
    since: SystemTime,
    /// The pages that were not read.
    unread_pages: Arc<Mutex<RunPages>>,
    /// How far back from an instant runs are needed.
    reach: Duration,
    /// In a backfill, if the list was cut off: when the oldest run that was read was created, and why older ones were not read.
    cutoff: Option<(SystemTime, Unavailable)>,
}

impl RecentRuns {
    /// The recent runs on all branches and for all events, newest first.
    pub(super) fn on_all_branches(&self) -> impl Iterator<Item = &WorkflowRun> {
        self.runs.iter().filter(|run| run.created_at >= self.since)
    }

    /// The branch that is watched.
    #[must_use]
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// Fails if the branch may not exist. A branch that does not exist would look like one without runs.
    pub(in crate::ci) fn check_branch(&self) -> Result<(), Unavailable> {
        self.unknown_branch.clone().map_or(Ok(()), Err)
    }

    /// The events whose runs test the branch.
    pub(super) fn events(&self) -> &TriggerEvents {
        &self.settings.events
    }

    /// Whether a run was created so long before a window that it does not count, even if it was re-run within the window.
    pub(super) fn is_too_old(&self, run: &WorkflowRun, window: Window) -> bool {
        let before = window.start().duration_since(run.created_at);
        before.is_ok_and(|before| before > self.settings.rerun_lookback)
    }

    /// The runs that test the branch and were created until an instant.
    pub(super) fn branch_runs_until(&self, instant: SystemTime) -> Vec<WorkflowRun> {
        let tests_branch = |run: &&WorkflowRun| {
            is_of_branch(run, &self.branch)
                && run.event != MERGE_GROUP
                && self.settings.events.contains(&run.event)
        };
        self.runs.iter().filter(|run| run.created_at <= instant).filter(tests_branch).cloned().collect()
    }

    /// A copy with other runs.
    pub(super) fn with_runs(&self, runs: Vec<WorkflowRun>) -> Self {
        Self { runs: runs.into(), ..self.clone() }
    }

    /// Fails if the windows that end at an instant need runs that were not read.
    pub(super) fn check_reaches(&self, instant: SystemTime) -> Result<(), Unavailable> {
        match &self.cutoff {
            Some((oldest, reason))
                if instant.checked_sub(self.reach).is_none_or(|needed| needed <= *oldest) =>
            {
                Err(reason.clone())
            }
            _ => Ok(()),
        }
    }

    /// Whether the start of a run may be in a window that ends at an instant.
    pub(super) fn may_be_in_window(&self, run: &WorkflowRun, instant: SystemTime) -> bool {
        let started = run.started_at();
        started <= instant && instant.checked_sub(self.reach).is_none_or(|earliest| started > earliest)
    }

    pub(super) fn settings(&self) -> &CiSettings {
        &self.settings
    }

    /// The runs since a time that may be further back than the windows. Only one resource may call this function, because
    /// the pages are read only once.
    pub(in crate::ci) async fn since(&self, since: SystemTime) -> Result<Vec<WorkflowRun>, Unavailable> {
        let mut runs = self.runs.to_vec();
        runs.extend(self.unread_pages.lock().await.read_back_to(since).await?);
        let mut runs = without_repetitions(runs);
        runs.retain(|run| run.created_at >= since);
        Ok(runs)
    }
}

/// Whether a run is one of the branch, and not of a branch with the same name in a fork.
fn is_of_branch(run: &WorkflowRun, branch: &Branch) -> bool {
    run.head_branch.as_deref() == Some(branch.as_str()) && run.is_own()
}

/// The runs, each once. A run that starts while the pages are read moves other runs to the next page, so these are listed
/// twice.
fn without_repetitions(runs: impl IntoIterator<Item = WorkflowRun>) -> Vec<WorkflowRun> {
    let mut seen = HashSet::new();
    runs.into_iter().filter(|run| seen.insert(run.id)).collect()
}

impl FromContext for RecentRuns {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let on_github = context.get::<GitHubRepository>().await?;
        let repository = context.get::<Repository>().await?;
        let settings = repository.ci_settings(&context.get::<CiSettings>().await?);
        let WatchedBranch(branch) = context.get().await?;
        let window = context.get::<Windows>().await?.longest(WINDOWED_METRICS);
        let since = window.start().checked_sub(settings.rerun_lookback).unwrap_or(SystemTime::UNIX_EPOCH);
        let first = context.instants().map_or(context.started_at(), Instants::first);
        let reach = first.duration_since(since).unwrap_or_default();
        let mut pages = RunPages::new(on_github);
        if context.instants().is_some() {
            pages.keep_what_fits();
        }
        let runs: Arc<[WorkflowRun]> = without_repetitions(pages.read_back_to(since).await?).into();
        let unknown_branch = if runs.iter().any(|run| is_of_branch(run, &branch)) {
            None
        } else {
            ExistingBranch::check(context).await.err()
        };
        let oldest = runs.iter().map(|run| run.created_at).min().unwrap_or_else(|| context.started_at());
        let cutoff = pages.cutoff_reason().cloned().map(|reason| (oldest, reason));
        let (settings, unread_pages) = (Arc::new(settings), Arc::new(Mutex::new(pages)));
        Ok(Self { runs, branch, settings, unknown_branch, since, unread_pages, reach, cutoff })
    }
}

/// An item for the evidence of a count without any run.
pub(super) fn summary(runs: &RecentRuns, window: Window) -> EvidenceItem {
    let since = format_date(window.start());
    EvidenceItem::new(
        format!("no run since {since}"),
        false,
        format!("no workflow run tested the branch `{}` in this time", runs.branch()),
    )
}
