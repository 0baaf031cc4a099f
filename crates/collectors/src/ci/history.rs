//! What is known about the runs of a workflow. GitHub filters lists of runs with a search index that can be
//! days old or have gaps, while the list of all runs is right. So the filtered list only adds runs that are
//! older than those on the newest page of all runs, and only if it is proven to be up to date.
//! See <https://github.com/cli/cli/issues/5440>.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::{job::Job, run::Run};

/// A page of runs, newest first.
/// See <https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow>.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RunsPage {
    pub(super) total_count: usize,
    pub(super) workflow_runs: Vec<Run>,
}

/// A question to GitHub whose answer is needed to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
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
pub(super) struct History {
    runs: Vec<Run>,
    /// There are no older runs.
    complete: bool,
    /// The runs that only the filtered list shows. `None` until it was read.
    filtered_only: Option<HashSet<u64>>,
    freshness: Freshness,
    /// The runs that were read one by one.
    confirmed: HashSet<u64>,
    attempts: HashMap<(u64, u32), Run>,
    jobs: HashMap<u64, Vec<Job>>,
    commits: Option<Vec<String>>,
}

/// Whether the filtered list is up to date as far as the newest page of all runs does not reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Freshness {
    /// It shows the oldest run of the branch on that page.
    Proven,
    /// It lacks this run of that page.
    Lacks(String),
    /// That page shows no run of the branch. The list is up to date if it shows a run of the branch's tip.
    #[default]
    AsksForTip,
}

impl History {
    /// Starts with the newest runs of the workflow, on all branches.
    pub(super) fn new(page: RunsPage) -> Self {
        let complete = page.total_count <= page.workflow_runs.len();
        let mut history = Self { runs: page.workflow_runs, complete, ..Self::default() };
        history.sort();
        history
    }

    /// The runs, newest first.
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Whether there are no older runs.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the filtered list was read.
    pub(super) fn is_extended(&self) -> bool {
        self.filtered_only.is_some()
    }

    /// Whether only the filtered list shows this run.
    pub(super) fn is_only_filtered(&self, run: u64) -> bool {
        self.filtered_only.as_ref().is_some_and(|only| only.contains(&run))
    }

    /// Whether the state of the run is known from the run itself or from the list of all runs.
    pub(super) fn is_confirmed(&self, run: u64) -> bool {
        !self.is_only_filtered(run) || self.confirmed.contains(&run)
    }

    pub(super) fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    pub(super) fn attempt(&self, run: u64, attempt: u32) -> Option<&Run> {
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

    /// Adds the filtered list. Where both lists show a run, the list of all runs is right.
    pub(super) fn add_runs_of_branch(&mut self, page: RunsPage, branch: &str) {
        let shown: HashSet<u64> = page.workflow_runs.iter().map(|run| run.id).collect();
        let known: HashSet<u64> = self.runs.iter().map(|run| run.id).collect();
        let oldest = self.runs.iter().rfind(|run| run.head_branch.as_deref() == Some(branch));
        self.freshness = match oldest {
            Some(run) if shown.contains(&run.id) => Freshness::Proven,
            Some(run) => Freshness::Lacks(run.name()),
            None => Freshness::AsksForTip,
        };
        self.complete = page.total_count <= page.workflow_runs.len();
        self.runs.extend(page.workflow_runs.into_iter().filter(|run| !known.contains(&run.id)));
        self.filtered_only = Some(&shown - &known);
        self.sort();
    }

    /// Replaces what a list said about a run.
    pub(super) fn confirm(&mut self, run: Run) {
        self.confirmed.insert(run.id);
        if let Some(known) = self.runs.iter_mut().find(|known| known.id == run.id) {
            *known = run;
        }
    }

    pub(super) fn add_attempt(&mut self, run: u64, attempt: u32, known: Run) {
        self.attempts.insert((run, attempt), known);
    }

    pub(super) fn add_jobs(&mut self, run: u64, jobs: Vec<Job>) {
        self.jobs.insert(run, jobs);
    }

    pub(super) fn add_commits(&mut self, commits: Vec<String>) {
        self.commits = Some(commits);
    }

    fn sort(&mut self) {
        self.runs.sort_by_key(|run| std::cmp::Reverse(run.created_at));
    }
}
