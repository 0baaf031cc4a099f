//! A repository: what it holds, and the handle with which a test fills and changes it, also while
//! the program under test is talking to it.

use std::{
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet},
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
    /// What lists of runs with a filter are made of, if not of the runs themselves.
    pub(super) search_index: Option<Vec<StoredRun>>,
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

    /// Adds a run, and its workflow. A run with the id of another one takes its place.
    pub fn run(&self, run: Run) -> &Self {
        self.change(|repository, numbers| {
            let number = numbers.next();
            let same = run.given_id().and_then(|id| repository.runs.iter().position(|run| run.id == id));
            let former = same.map(|index| &repository.runs[index]);
            let run = run.store(Place {
                // Real ids have outgrown 32 bits; clients must cope.
                id: 17_000_000_000 + number,
                number: former.map_or(repository.runs.len() as u64 + 1, |run| run.number),
                head_sha: former.map_or_else(|| sha(number), |run| run.head_sha.clone()),
                default_branch: &repository.default_branch,
                now: numbers.now,
            });
            repository.workflows.insert(run.workflow.clone());
            match same {
                Some(index) => repository.runs[index] = run,
                None => repository.runs.push(run),
            }
        })
    }

    /// Stops GitHub's search index: from now on, lists of runs with a filter show the runs as they are now,
    /// without later ones and later changes. The list of all runs is always right.
    pub fn stop_search_index(&self) -> &Self {
        self.change(|repository, _| repository.search_index = Some(repository.runs.clone()))
    }

    /// The newest commit of a branch.
    ///
    /// # Panics
    /// If the branch has no commits.
    pub fn tip(&self, branch: &str) -> String {
        let world = self.world.lock();
        let history = world.repositories[&self.id].history(branch);
        history.and_then(|commits| commits.first().map(|commit| commit.sha.clone())).expect("a commit")
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
            search_index: None,
        }
    }

    /// When somebody last pushed.
    pub(super) fn pushed(&self) -> SystemTime {
        self.branches.values().flatten().map(|commit| commit.committed).max().unwrap_or(self.created)
    }

    /// The commits that can be reached from a branch or a commit, in the order of `git log`: always the
    /// newest of those whose children are listed. On one branch, of several with one date the last one
    /// pushed comes first.
    pub(super) fn history(&self, start: &str) -> Option<Vec<&StoredCommit>> {
        let by_sha: HashMap<&str, (usize, &StoredCommit)> = self
            .branches
            .values()
            .flatten()
            .enumerate()
            .map(|(n, commit)| (&*commit.sha, (n, commit)))
            .collect();
        let start = match self.branches.get(start) {
            Some(branch) => &branch.last()?.sha,
            None => start,
        };
        let ordered = |sha: &str| by_sha.get(sha).map(|&(n, commit)| ((commit.committed, n), &*commit.sha));
        let mut queue = BinaryHeap::from([ordered(start)?]);
        let mut seen = HashSet::from([start]);
        let mut history = Vec::new();
        while let Some((_, sha)) = queue.pop() {
            let (_, commit) = by_sha[sha];
            history.push(commit);
            queue
                .extend(commit.parents.iter().filter(|&sha| seen.insert(sha)).filter_map(|sha| ordered(sha)));
        }
        Some(history)
    }

    /// The runs of a workflow, newest first.
    pub(super) fn runs_of(&self, workflow: &str, filtered: bool) -> Vec<&StoredRun> {
        let runs = self.search_index.as_ref().filter(|_| filtered).unwrap_or(&self.runs);
        let mut runs: Vec<_> = runs.iter().rev().filter(|run| run.workflow == workflow).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.created));
        runs
    }

    fn push(&mut self, commit: Commit, numbers: &mut Numbers) {
        let branch = commit.branch.clone().unwrap_or_else(|| self.default_branch.clone());
        let after = commit.after.clone().unwrap_or_else(|| vec![branch.clone()]);
        let tip = |branch: &String| Some(self.branches.get(branch)?.last()?.sha.clone());
        let parents = after.iter().filter_map(tip).collect();
        let commit = commit.store(numbers.next(), numbers.now, parents);
        self.branches.entry(branch).or_default().push(commit);
    }
}
