//! The handle with which a test fills and changes a repository, even while the program under test makes requests.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    activity::Activity,
    alert::Alert,
    check::{Check, StoredCheck},
    commit::{Commit, sha},
    deployment::{Deployment, Release, Tag},
    issue::Issue,
    numbers::Numbers,
    pull_request::PullRequest,
    repository_data::{RepositoryData, RequiredCheck, Runner},
    run::{Run, RunDefaults},
    world::{SharedWorld, World},
};

/// A handle to a repository of a [`FakeGitHub`](super::FakeGitHub). Clones refer to the same repository.
///
/// A new repository is public and empty, with `main` as its default branch.
#[derive(Debug, Clone)]
pub struct Repository {
    world: SharedWorld,
    id: u64,
}

#[expect(
    clippy::must_use_candidate,
    reason = "the methods change the repository; what they return is for chaining"
)]
impl Repository {
    pub(super) fn new(world: SharedWorld, id: u64) -> Self {
        Self { world, id }
    }

    /// The repository's id, which renames do not change.
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

    /// Pushes this many commits to the default branch. The newest is one minute old, and each is one minute older than
    /// the next.
    pub fn commits(&self, count: u32) -> &Self {
        self.change(|repository, numbers| {
            for number in (1..=count).rev() {
                let commit = Commit::new(format!("Change number {number}"));
                repository.push(commit.age(Duration::from_mins(1) * number), numbers);
            }
        })
    }

    /// Adds a workflow file such as `checks.yml` that has no runs yet.
    pub fn workflow(&self, file: &str) -> &Self {
        self.change(|repository, _| {
            repository.workflows.insert(file.to_owned());
        })
    }

    /// Disables a workflow, as a person would: its state becomes `disabled_manually`.
    pub fn disable_workflow(&self, file: &str) -> &Self {
        self.change(|repository, _| {
            repository.disabled_workflows.insert(file.to_owned());
        })
    }

    /// Adds a self-hosted runner.
    pub fn runner(&self, runner: Runner) -> &Self {
        self.change(|repository, _| repository.runners.push(runner))
    }

    /// Adds a run, and its workflow. A run with the id of an existing run replaces that run.
    pub fn run(&self, run: Run) -> &Self {
        self.change(|repository, numbers| {
            let number = numbers.next();
            let existing = run.given_id().and_then(|id| repository.runs.iter().position(|run| run.id == id));
            let former = existing.map(|index| &repository.runs[index]);
            let run = run.store(RunDefaults {
                // Real ids no longer fit into 32 bits.
                id: 17_000_000_000 + number,
                number: former.map_or(repository.runs.len() as u64 + 1, |run| run.number),
                head_sha: former.map_or_else(|| sha(number), |run| run.head_sha.clone()),
                default_branch: &repository.default_branch,
                now: numbers.now,
            });
            repository.workflows.insert(run.workflow.clone());
            match existing {
                Some(index) => repository.runs[index] = run,
                None => repository.runs.push(run),
            }
        })
    }

    /// Deletes the newest runs.
    pub fn delete_runs(&self, count: usize) -> &Self {
        self.change(|repository, _| {
            let newest: Vec<u64> =
                repository.runs_of(None, false).iter().take(count).map(|run| run.id).collect();
            repository.runs.retain(|run| !newest.contains(&run.id));
        })
    }

    /// Adds a push or another change of a branch to the list of activity.
    pub fn activity(&self, activity: Activity) -> &Self {
        self.change(|repository, numbers| {
            let stored = activity.store(numbers.next(), numbers.now);
            repository.activity.push(stored);
        })
    }

    /// Adds an alert.
    pub fn alert(&self, alert: Alert) -> &Self {
        self.change(|repository, _| repository.alerts.push(alert))
    }

    /// Adds a check to the commit with this hash.
    pub fn check(&self, sha: &str, check: Check) -> &Self {
        self.change(|repository, numbers| {
            repository.checks.push(StoredCheck { id: numbers.next(), sha: sha.to_owned(), check });
        })
    }

    /// Protects a branch: these checks are required.
    pub fn protect(&self, branch: &str, checks: impl IntoIterator<Item = RequiredCheck>) -> &Self {
        let checks = checks.into_iter().collect();
        self.change(|repository, _| {
            repository.protection.insert(branch.to_owned(), checks);
        })
    }

    /// Adds a rule to a branch: these checks are required.
    pub fn require(&self, branch: &str, checks: impl IntoIterator<Item = RequiredCheck>) -> &Self {
        let object = |check: RequiredCheck| match check.app {
            Some(app) => json!({ "context": check.name, "integration_id": app }),
            None => json!({ "context": check.name }),
        };
        let checks: Vec<Value> = checks.into_iter().map(object).collect();
        let parameters =
            json!({ "required_status_checks": checks, "strict_required_status_checks_policy": false });
        self.rule(branch, "required_status_checks", parameters)
    }

    /// Adds a rule of this type to a branch, with parameters or null.
    pub fn rule(&self, branch: &str, rule_type: &str, parameters: Value) -> &Self {
        let rule = (rule_type.to_owned(), parameters);
        self.change(|repository, _| repository.rules.entry(branch.to_owned()).or_default().push(rule))
    }

    /// Deletes a branch. The commits that were merged into other branches stay in the histories of these branches.
    pub fn delete_branch(&self, name: &str) -> &Self {
        self.change(|repository, _| {
            let commits = repository.branches.remove(name).unwrap_or_default();
            repository.removed.extend(commits);
        })
    }

    /// Renames a branch. A request for the branch with its former name is redirected from now on.
    pub fn rename_branch(&self, from: &str, to: &str) -> &Self {
        self.change(|repository, _| {
            if let Some(commits) = repository.branches.remove(from) {
                repository.branches.insert(to.to_owned(), commits);
                repository.renamed_branches.insert(from.to_owned(), to.to_owned());
            }
        })
    }

    /// Removes the newest commits of a branch with a force push. GitHub keeps such commits for some time.
    pub fn remove_commits(&self, branch: &str, count: usize) -> &Self {
        self.change(|repository, _| {
            let Some(commits) = repository.branches.get_mut(branch) else { return };
            let removed = commits.split_off(commits.len().saturating_sub(count));
            repository.removed.extend(removed);
        })
    }

    /// Opens a pull request. It gets the next number: 1, 2 and so on, counted together with issues.
    pub fn pull_request(&self, pull_request: PullRequest) -> &Self {
        self.change(|repository, numbers| {
            let (number, now) = (repository.next_number(), numbers.now);
            let stored = pull_request.store(number, &repository.default_branch, now, || numbers.next());
            repository.pull_requests.push(stored);
        })
    }

    /// Replaces the pull request with a number, as if something had happened to it.
    ///
    /// # Panics
    /// If there is no pull request with this number.
    pub fn replace_pull_request(&self, number: u64, pull_request: PullRequest) -> &Self {
        self.change(|repository, numbers| {
            let now = numbers.now;
            let stored = pull_request.store(number, &repository.default_branch, now, || numbers.next());
            let existing = repository.pull_requests.iter_mut().find(|other| other.number == number);
            *existing.expect("a pull request with this number") = stored;
        })
    }

    /// Opens an issue. It gets the next number: 1, 2 and so on, counted together with pull requests.
    pub fn issue(&self, issue: Issue) -> &Self {
        self.change(|repository, numbers| {
            let issue = issue.store(repository.next_number(), numbers.now);
            repository.issues.push(issue);
        })
    }

    /// Replaces the issue with a number, as if something had happened to it.
    ///
    /// # Panics
    /// If there is no issue with this number.
    pub fn replace_issue(&self, number: u64, issue: Issue) -> &Self {
        self.change(|repository, numbers| {
            let existing = repository.issues.iter_mut().find(|other| other.number == number);
            *existing.expect("an issue with this number") = issue.store(number, numbers.now);
        })
    }

    /// Adds a deployment, and its environment.
    pub fn deployment(&self, deployment: Deployment) -> &Self {
        self.change(|repository, numbers| {
            let stored = deployment.store(numbers.next(), numbers.now);
            repository.deployments.push(stored);
        })
    }

    /// Adds a release.
    pub fn release(&self, release: Release) -> &Self {
        self.change(|repository, numbers| {
            let stored = release.store(numbers.next(), numbers.now);
            repository.releases.push(stored);
        })
    }

    /// Adds a tag.
    pub fn tag(&self, tag: Tag) -> &Self {
        self.change(|repository, numbers| repository.tags.push(tag.store(numbers.now)))
    }

    /// Turns the issues off: `has_issues` and `hasIssuesEnabled` become false. The fake still lists the issues.
    pub fn turn_issues_off(&self) -> &Self {
        self.change(|repository, _| repository.are_issues_off = true)
    }

    /// Stops GitHub's search index: filtered lists of runs show the runs as they are now, without later runs and later
    /// changes. The list of all runs is always correct.
    pub fn stop_search_index(&self) -> &Self {
        self.change(|repository, _| repository.search_index = Some(repository.runs.clone()))
    }

    /// The hash of the newest commit of a branch.
    ///
    /// # Panics
    /// If the branch has no commits.
    pub fn tip(&self, branch: &str) -> String {
        let world = self.world.lock();
        let history = world.repositories[&self.id].history(branch);
        history.and_then(|commits| commits.first().map(|commit| commit.sha.clone())).expect("a commit")
    }

    /// Renames or transfers the repository. Requests with the old name are redirected from now on.
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
