//! A repository: what it holds, and the handle with which a test fills and changes it, also while
//! the program under test is talking to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use super::{
    commit::{Commit, StoredCommit, sha},
    run::{Place, Run, StoredRun},
    world::{Numbers, SharedWorld, World},
};

/// A handle to a repository of a [`FakeGitHub`](super::FakeGitHub). Clones are the same repository.
///
/// It starts public and empty with `main` as its default branch.
#[derive(Debug, Clone)]
pub struct Repository {
    world: SharedWorld,
    id: u64,
}

/// What a repository holds.
#[derive(Debug)]
pub(super) struct RepositoryData {
    pub(super) id: u64,
    pub(super) full_name: String,
    pub(super) private: bool,
    pub(super) default_branch: String,
    pub(super) created: SystemTime,
    pub(super) branches: BTreeMap<String, Vec<StoredCommit>>,
    pub(super) workflows: BTreeSet<String>,
    pub(super) runs: Vec<StoredRun>,
}

#[expect(
    clippy::must_use_candidate,
    reason = "the methods change the repository; what they return is for chaining"
)]
impl Repository {
    pub(super) fn new(world: SharedWorld, id: u64) -> Self {
        Self { world, id }
    }

    /// The repository's number, which survives renames.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Hides the repository from requests without a token.
    pub fn private(&self) -> &Self {
        self.change(|repository, _| repository.private = true)
    }

    /// Changes the default branch.
    pub fn default_branch(&self, name: &str) -> &Self {
        self.change(|repository, _| name.clone_into(&mut repository.default_branch))
    }

    /// Pushes a commit.
    pub fn commit(&self, commit: impl Into<Commit>) -> &Self {
        let commit = commit.into();
        self.change(|repository, numbers| repository.push(commit, numbers))
    }

    /// Pushes this many commits to the default branch. The newest is one minute old, and each is one
    /// minute older than the next.
    pub fn commits(&self, count: u32) -> &Self {
        self.change(|repository, numbers| {
            for number in (1..=count).rev() {
                let commit = Commit::new(format!("Change number {number}"));
                repository.push(commit.age(Duration::from_mins(1) * number), numbers);
            }
        })
    }

    /// Adds a workflow file such as `checks.yml` that never ran.
    pub fn workflow(&self, file: &str) -> &Self {
        self.change(|repository, _| {
            repository.workflows.insert(file.to_owned());
        })
    }

    /// Adds a run, and its workflow.
    pub fn run(&self, run: Run) -> &Self {
        self.change(|repository, numbers| {
            let number = numbers.next();
            let run = run.store(Place {
                // Real ids have outgrown 32 bits; clients must cope.
                id: 17_000_000_000 + number,
                number: repository.runs.len() as u64 + 1,
                head_sha: sha(number),
                default_branch: &repository.default_branch,
                now: numbers.now,
            });
            repository.workflows.insert(run.workflow.clone());
            repository.runs.push(run);
        })
    }

    /// Renames or transfers the repository. The old name answers with a redirect from now on.
    pub fn rename(&self, full_name: &str) -> &Self {
        self.world.lock().rename(self.id, full_name);
        self
    }

    fn change(&self, change: impl FnOnce(&mut RepositoryData, &mut Numbers)) -> &Self {
        let mut world = self.world.lock();
        let World { repositories, numbers, .. } = &mut *world;
        if let Some(repository) = repositories.get_mut(&self.id) {
            change(repository, numbers);
        }
        drop(world);
        self
    }
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
            workflows: BTreeSet::new(),
            runs: Vec::new(),
        }
    }

    /// When somebody last pushed.
    pub(super) fn pushed(&self) -> SystemTime {
        self.branches.values().flatten().map(|commit| commit.committed).max().unwrap_or(self.created)
    }

    /// The commits of a branch, or those up to a commit, newest first. Among commits of one time the
    /// later pushed comes first.
    pub(super) fn history(&self, start: &str) -> Option<Vec<&StoredCommit>> {
        let holds_start = |branch: &&Vec<StoredCommit>| branch.iter().any(|commit| commit.sha == start);
        let named = self.branches.get(start);
        let branch = named.or_else(|| self.branches.values().find(holds_start))?;
        let mut commits: Vec<_> = branch.iter().rev().collect();
        commits.sort_by_key(|commit| std::cmp::Reverse(commit.committed));
        let start = commits.iter().position(|commit| commit.sha == start);
        Some(commits.split_off(start.unwrap_or(0)))
    }

    /// The runs of a workflow, newest first.
    pub(super) fn runs_of(&self, workflow: &str) -> Vec<&StoredRun> {
        let mut runs: Vec<_> = self.runs.iter().rev().filter(|run| run.workflow == workflow).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.created));
        runs
    }

    fn push(&mut self, commit: Commit, numbers: &mut Numbers) {
        let branch = commit.branch.clone().unwrap_or_else(|| self.default_branch.clone());
        let commit = commit.store(numbers.next(), numbers.now);
        self.branches.entry(branch).or_default().push(commit);
    }
}
