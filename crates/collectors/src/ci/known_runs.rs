//! What is known about the runs of a workflow. GitHub filters lists of runs with a search index that may be days old
//! or incomplete. The list of all runs is correct. So the filtered list only adds runs that are not on the newest page of
//! all runs, and these decide only if the filtered list is proven to be up to date. See
//! <https://github.com/cli/cli/issues/5440>.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::{job::Job, workflow_run::WorkflowRun};

/// A page of runs, newest first.
/// See <https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow>.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RunsPage {
    pub(super) total_count: usize,
    pub(super) workflow_runs: Vec<WorkflowRun>,
}

/// What has to be fetched from GitHub before the result can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CiQuery {
    /// The newest runs on the branch, from the search index.
    RunsOfBranch,
    /// The run with this id.
    Run(u64),
    /// An attempt of the run with this id.
    Attempt(u64, u32),
    /// All jobs of all attempts of the run with this id.
    Jobs(u64),
    /// The newest commits of the branch.
    Commits,
}

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct KnownRuns {
    runs: Vec<WorkflowRun>,
    /// Whether there are no older runs.
    complete: bool,
    /// The runs of the filtered list that are not on the newest page of all runs. `None` before the list is read.
    filtered_only: Option<HashSet<u64>>,
    index: IndexState,
    /// The runs that were fetched individually.
    confirmed: HashSet<u64>,
    attempts: HashMap<(u64, u32), WorkflowRun>,
    jobs: HashMap<u64, Vec<Job>>,
    commits: Option<Vec<String>>,
}

/// Whether the filtered list is known to be up to date, for the runs that are not on the newest page of all runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum IndexState {
    /// It contains the branch's oldest run on that page.
    UpToDate,
    /// It lacks this run, which is on that page.
    LacksRun(String),
    /// That page contains no run of the branch. The list is up to date if it contains a run of the branch's tip.
    #[default]
    NeedsTip,
}

impl KnownRuns {
    /// The newest page of the workflow's runs, on all branches.
    pub(super) fn new(page: RunsPage) -> Self {
        let complete = page.total_count <= page.workflow_runs.len();
        let mut known = Self { runs: page.workflow_runs, complete, ..Self::default() };
        known.sort();
        known
    }

    /// The runs, newest first.
    pub(super) fn runs(&self) -> &[WorkflowRun] {
        &self.runs
    }

    pub(super) fn run(&self, id: u64) -> Option<&WorkflowRun> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// Whether there are no older runs.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the filtered list was read.
    pub(super) fn has_filtered_list(&self) -> bool {
        self.filtered_only.is_some()
    }

    /// Whether the filtered list contains a run, and the newest page of all runs does not.
    pub(super) fn is_only_filtered(&self, run: u64) -> bool {
        self.filtered_only.as_ref().is_some_and(|only| only.contains(&run))
    }

    /// Whether the state of the run is from the run itself or from the list of all runs.
    pub(super) fn is_confirmed(&self, run: u64) -> bool {
        !self.is_only_filtered(run) || self.confirmed.contains(&run)
    }

    pub(super) fn index(&self) -> &IndexState {
        &self.index
    }

    pub(super) fn attempt(&self, run: u64, attempt: u32) -> Option<&WorkflowRun> {
        self.attempts.get(&(run, attempt))
    }

    /// The jobs of all attempts of a run.
    pub(super) fn jobs(&self, run: u64) -> Option<&[Job]> {
        self.jobs.get(&run).map(Vec::as_slice)
    }

    /// The newest commits of the branch, its tip first.
    pub(super) fn commits(&self) -> Option<&[String]> {
        self.commits.as_deref()
    }

    /// Adds the filtered list. If both lists contain a run, the list of all runs is correct.
    pub(super) fn add_runs_of_branch(&mut self, page: RunsPage, branch: &str) {
        let filtered_ids: HashSet<u64> = page.workflow_runs.iter().map(|run| run.id).collect();
        let known_ids: HashSet<u64> = self.runs.iter().map(|run| run.id).collect();
        let oldest_of_branch = self.runs.iter().rfind(|run| run.head_branch.as_deref() == Some(branch));
        self.index = match oldest_of_branch {
            Some(run) if filtered_ids.contains(&run.id) => IndexState::UpToDate,
            Some(run) => IndexState::LacksRun(run.name()),
            None => IndexState::NeedsTip,
        };
        self.complete = page.total_count <= page.workflow_runs.len();
        self.runs.extend(page.workflow_runs.into_iter().filter(|run| !known_ids.contains(&run.id)));
        self.filtered_only = Some(&filtered_ids - &known_ids);
        self.sort();
    }

    /// Replaces a run from a list with the run as it was fetched individually.
    pub(super) fn confirm(&mut self, run: WorkflowRun) {
        self.confirmed.insert(run.id);
        if let Some(known) = self.runs.iter_mut().find(|known| known.id == run.id) {
            *known = run;
        }
    }

    pub(super) fn add_attempt(&mut self, run: u64, attempt: u32, run_in_attempt: WorkflowRun) {
        self.attempts.insert((run, attempt), run_in_attempt);
    }

    pub(super) fn add_jobs(&mut self, run: u64, jobs: Vec<Job>) {
        self.jobs.insert(run, jobs);
    }

    pub(super) fn add_commits(&mut self, commits: Vec<String>) {
        self.commits = Some(commits);
    }

    fn sort(&mut self) {
        self.runs.sort_by_key(|run| std::cmp::Reverse((run.created_at, run.id)));
    }
}
