//! Runs of a workflow.

use std::time::{Duration, SystemTime};

use super::{
    job::{Conclusion, Job, Status},
    when::When,
};

/// A run to be added to a [`Repository`](super::Repository): of the given workflow file, completed
/// with success a minute ago on the default branch, first attempt, without jobs.
#[derive(Debug, Clone)]
pub struct Run {
    workflow: String,
    id: Option<u64>,
    branch: Option<String>,
    fork: Option<String>,
    status: Status,
    attempt: u32,
    created: When,
    jobs: Vec<Job>,
}

/// A run with everything resolved that depended on the repository.
#[derive(Debug, Clone)]
pub(super) struct StoredRun {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) workflow: String,
    pub(super) head_sha: String,
    pub(super) branch: String,
    pub(super) fork: Option<String>,
    pub(super) status: Status,
    pub(super) attempt: u32,
    pub(super) created: SystemTime,
    pub(super) jobs: Vec<Job>,
}

/// What a run takes from the repository it is added to.
pub(super) struct Place<'a> {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) head_sha: String,
    pub(super) default_branch: &'a str,
    pub(super) now: SystemTime,
}

impl Run {
    /// A run of the workflow in this file, such as `checks.yml`.
    pub fn new(workflow: impl Into<String>) -> Self {
        Self {
            workflow: workflow.into(),
            id: None,
            branch: None,
            fork: None,
            status: Status::Completed(Conclusion::Success),
            attempt: 1,
            created: When::Ago(Duration::from_mins(1)),
            jobs: Vec::new(),
        }
    }

    /// Completed with this conclusion.
    #[must_use]
    pub const fn conclusion(mut self, conclusion: Conclusion) -> Self {
        self.status = Status::Completed(conclusion);
        self
    }

    /// Waits for a runner.
    #[must_use]
    pub const fn queued(mut self) -> Self {
        self.status = Status::Queued;
        self
    }

    /// Runs.
    #[must_use]
    pub const fn in_progress(mut self) -> Self {
        self.status = Status::InProgress;
        self
    }

    /// Adds a completed job.
    #[must_use]
    pub fn job(self, name: impl Into<String>, conclusion: Conclusion) -> Self {
        self.with_job(Job::new(name, conclusion))
    }

    /// Adds `count` jobs called `job 1`, `job 2` and so on.
    #[must_use]
    pub fn jobs(mut self, count: usize, conclusion: Conclusion) -> Self {
        self.jobs.extend((1..=count).map(|number| Job::new(format!("job {number}"), conclusion)));
        self
    }

    /// Adds a job in any state.
    #[must_use]
    pub fn with_job(mut self, job: Job) -> Self {
        self.jobs.push(job);
        self
    }

    /// Runs for this branch.
    #[must_use]
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// Runs for a pull request from this fork, such as `mallory/shop`, whose branch may have the
    /// same name as one of the repository's.
    #[must_use]
    pub fn fork(mut self, full_name: impl Into<String>) -> Self {
        self.fork = Some(full_name.into());
        self
    }

    /// Says how often the run was started.
    #[must_use]
    pub const fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// Created this long before the fake's clock.
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        self.created = When::Ago(age);
        self
    }

    /// Created at this instant.
    #[must_use]
    pub const fn at(mut self, instant: SystemTime) -> Self {
        self.created = When::At(instant);
        self
    }

    /// Gives the run this id, for tests that compare links.
    #[must_use]
    pub const fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    pub(super) fn store(self, place: Place<'_>) -> StoredRun {
        StoredRun {
            id: self.id.unwrap_or(place.id),
            number: place.number,
            workflow: self.workflow,
            head_sha: place.head_sha,
            branch: self.branch.unwrap_or_else(|| place.default_branch.to_owned()),
            fork: self.fork,
            status: self.status,
            attempt: self.attempt,
            created: self.created.resolve(place.now),
            jobs: self.jobs,
        }
    }
}

impl StoredRun {
    /// Whether `status=` asks for this run. GitHub takes a status or a conclusion there.
    pub(super) fn is(&self, status: &str) -> bool {
        self.status.as_str() == status || self.status.conclusion() == Some(status)
    }

    /// What GitHub shows as the workflow's name: here, the file's name without its ending.
    pub(super) fn workflow_name(&self) -> &str {
        self.workflow.split('.').next().unwrap_or(&self.workflow)
    }

    /// Where the workflow file is.
    pub(super) fn path(&self) -> String {
        format!(".github/workflows/{}", self.workflow)
    }

    /// The attempt that a job belongs to.
    pub(super) fn attempt_of(&self, job: &Job) -> u32 {
        job.attempt.unwrap_or(self.attempt)
    }
}
