//! The contents of a repository.

use std::{
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet},
    time::SystemTime,
};

use serde_json::Value;

use super::{
    activity::StoredActivity,
    alert::Alert,
    check::StoredCheck,
    commit::{Commit, StoredCommit},
    deployment::{StoredDeployment, StoredRelease, StoredTag},
    issue::StoredIssue,
    numbers::Numbers,
    pull_request::StoredPullRequest,
    run::StoredRun,
};

/// The status of a self-hosted runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// Online, without a job.
    Idle,
    /// Online, with a job.
    Busy,
    /// Not connected.
    Offline,
}

/// A check that must pass before a pull request may be merged.
#[derive(Debug, Clone)]
pub struct RequiredCheck {
    pub(super) name: String,
    pub(super) app: Option<i64>,
}

impl RequiredCheck {
    /// A check that any app or user may make.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), app: None }
    }

    /// A check that only the app with this number may make. -1 stands for any app.
    #[must_use]
    pub const fn app(mut self, id: i64) -> Self {
        self.app = Some(id);
        self
    }
}

/// The contents of a repository.
#[derive(Debug)]
pub(super) struct RepositoryData {
    pub(super) id: u64,
    pub(super) full_name: String,
    pub(super) private: bool,
    pub(super) default_branch: String,
    pub(super) created: SystemTime,
    pub(super) branches: BTreeMap<String, Vec<StoredCommit>>,
    /// Commits that were removed from their branch by a force push, or whose branch was deleted. A merge may still lead to them.
    pub(super) removed: Vec<StoredCommit>,
    pub(super) workflows: BTreeSet<String>,
    pub(super) disabled_workflows: BTreeSet<String>,
    pub(super) runners: Vec<Runner>,
    pub(super) runs: Vec<StoredRun>,
    /// The runs in filtered lists, if they differ from `runs`.
    pub(super) search_index: Option<Vec<StoredRun>>,
    pub(super) pull_requests: Vec<StoredPullRequest>,
    pub(super) issues: Vec<StoredIssue>,
    pub(super) are_issues_off: bool,
    pub(super) deployments: Vec<StoredDeployment>,
    pub(super) releases: Vec<StoredRelease>,
    pub(super) tags: Vec<StoredTag>,
    pub(super) activity: Vec<StoredActivity>,
    pub(super) alerts: Vec<Alert>,
    pub(super) checks: Vec<StoredCheck>,
    /// The current names of renamed branches, by their former names.
    pub(super) renamed_branches: BTreeMap<String, String>,
    /// The checks that the protection of each branch requires.
    pub(super) protection: BTreeMap<String, Vec<RequiredCheck>>,
    /// The types and parameters of the rules of each branch.
    pub(super) rules: BTreeMap<String, Vec<(String, Value)>>,
}

impl RepositoryData {
    pub(super) fn new(id: u64, full_name: &str, created: SystemTime) -> Self {
        Self {
            id,
            full_name: full_name.to_owned(),
            private: false,
            default_branch: "main".to_owned(),
            created,
            branches: BTreeMap::new(),
            removed: Vec::new(),
            workflows: BTreeSet::new(),
            disabled_workflows: BTreeSet::new(),
            runners: Vec::new(),
            runs: Vec::new(),
            search_index: None,
            pull_requests: Vec::new(),
            issues: Vec::new(),
            are_issues_off: false,
            deployments: Vec::new(),
            releases: Vec::new(),
            tags: Vec::new(),
            activity: Vec::new(),
            alerts: Vec::new(),
            checks: Vec::new(),
            renamed_branches: BTreeMap::new(),
            protection: BTreeMap::new(),
            rules: BTreeMap::new(),
        }
    }

    /// The checks of a commit, the earliest first.
    pub(super) fn checks_of(&self, sha: &str) -> impl Iterator<Item = &StoredCheck> {
        self.checks.iter().filter(move |check| check.sha == sha)
    }

    /// The time of the last push: the date of the newest commit.
    pub(super) fn pushed(&self) -> SystemTime {
        self.branches.values().flatten().map(|commit| commit.committed).max().unwrap_or(self.created)
    }

    /// The commits that can be reached from a branch or a commit, in the order of `git log`: of the commits with a child that is
    /// already listed, the newest is next. If commits on a branch have the same date, the last one that was pushed comes first.
    pub(super) fn history(&self, start: &str) -> Option<Vec<&StoredCommit>> {
        let by_sha: HashMap<&str, (usize, &StoredCommit)> = self
            .branches
            .values()
            .flatten()
            .chain(&self.removed)
            .enumerate()
            .map(|(n, commit)| (&*commit.sha, (n, commit)))
            .collect();
        let start = match self.branches.get(start) {
            Some(branch) => &branch.last()?.sha,
            None => start,
        };
        let queue_entry =
            |sha: &str| by_sha.get(sha).map(|&(n, commit)| ((commit.committed, n), &*commit.sha));
        let mut queue = BinaryHeap::from([queue_entry(start)?]);
        let mut seen = HashSet::from([start]);
        let mut history = Vec::new();
        while let Some((_, sha)) = queue.pop() {
            let (_, commit) = by_sha[sha];
            history.push(commit);
            queue.extend(
                commit.parents.iter().filter(|&sha| seen.insert(sha)).filter_map(|sha| queue_entry(sha)),
            );
        }
        Some(history)
    }

    /// The state of a workflow in GitHub's responses.
    pub(super) fn workflow_state(&self, file: &str) -> &'static str {
        if self.disabled_workflows.contains(file) { "disabled_manually" } else { "active" }
    }

    /// The runs of a workflow, or of all workflows, newest first. `filtered`: as the search index has them.
    pub(super) fn runs_of(&self, workflow: Option<&str>, filtered: bool) -> Vec<&StoredRun> {
        let runs = self.search_index.as_ref().filter(|_| filtered).unwrap_or(&self.runs);
        let is_listed = |run: &&StoredRun| workflow.is_none_or(|workflow| run.workflow == workflow);
        let mut runs: Vec<_> = runs.iter().rev().filter(is_listed).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.created));
        runs
    }

    /// The number of the next pull request or issue, which are counted together.
    pub(super) fn next_number(&self) -> u64 {
        let pull_requests = self.pull_requests.iter().map(|pull_request| pull_request.number);
        let issues = self.issues.iter().map(|issue| issue.number);
        pull_requests.chain(issues).max().unwrap_or(0) + 1
    }

    pub(super) fn push(&mut self, commit: Commit, numbers: &mut Numbers) {
        let branch = commit.branch.clone().unwrap_or_else(|| self.default_branch.clone());
        let after = commit.after.clone().unwrap_or_else(|| vec![branch.clone()]);
        let tip = |branch: &String| Some(self.branches.get(branch)?.last()?.sha.clone());
        let parents = after.iter().filter_map(tip).collect();
        let commit = commit.store(numbers.next(), numbers.now, parents);
        self.branches.entry(branch).or_default().push(commit);
    }
}
