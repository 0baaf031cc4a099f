//! Runs of a workflow.

use std::time::{Duration, SystemTime};

use super::{
    job::{Conclusion, Job, Status},
    when::When,
};

/// A run that a test adds to a [`Repository`](super::Repository). By default, it is the first attempt, has no jobs,
/// and succeeded a minute ago on the default branch.
#[derive(Debug, Clone)]
pub struct Run {
    workflow: String,
    id: Option<u64>,
    branch: Option<String>,
    fork: Option<String>,
    event: Option<String>,
    head_sha: Option<String>,
    status: Status,
    /// The earlier attempts: how each ended, and when it started.
    earlier: Vec<(Status, Option<When>)>,
    created: When,
    started: Option<When>,
    jobs: Vec<Job>,
}

/// A run of a repository, with the repository's defaults.
#[derive(Debug, Clone)]
pub(super) struct StoredRun {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) workflow: String,
    pub(super) head_sha: String,
    pub(super) branch: String,
    pub(super) fork: Option<String>,
    pub(super) event: String,
    pub(super) status: Status,
    pub(super) attempt: u32,
    /// The earlier attempts: how each ended, and when it started.
    pub(super) earlier: Vec<(Status, SystemTime)>,
    pub(super) created: SystemTime,
    pub(super) started: SystemTime,
    /// The latest of its times and of the times of its jobs.
    pub(super) updated: SystemTime,
    pub(super) jobs: Vec<Job>,
}

/// The values that a run gets from its repository. The test may set another id, hash or branch.
pub(super) struct RunDefaults<'a> {
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
            event: None,
            head_sha: None,
            status: Status::Completed(Conclusion::Success),
            earlier: Vec::new(),
            created: When::Ago(Duration::from_mins(1)),
            started: None,
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

    /// In progress.
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

    /// Adds `count` jobs with the names `job 1`, `job 2` and so on.
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

    /// For this branch.
    #[must_use]
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// For a pull request from this fork, such as `mallory/shop`. The fork's branch may have the name of one of the
    /// repository's branches.
    #[must_use]
    pub fn fork(mut self, full_name: impl Into<String>) -> Self {
        self.fork = Some(full_name.into());
        self
    }

    /// Started by this event. Default: `pull_request` for a fork, otherwise `push`.
    #[must_use]
    pub fn event(mut self, event: impl Into<String>) -> Self {
        self.event = Some(event.into());
        self
    }

    /// For this commit. By default, each run has its own commit.
    #[must_use]
    pub fn head_sha(mut self, sha: impl Into<String>) -> Self {
        self.head_sha = Some(sha.into());
        self
    }

    /// Re-runs the run. The calls before this one describe the previous attempt. The new attempt is in progress and
    /// has no jobs yet.
    #[must_use]
    pub fn re_run(mut self) -> Self {
        let attempt = self.attempt();
        for job in &mut self.jobs {
            job.attempt.get_or_insert(attempt);
        }
        self.earlier.push((self.status, self.started.take()));
        self.in_progress()
    }

    /// The latest attempt started this long before the fake's clock, instead of when the run was created.
    #[must_use]
    pub const fn started(mut self, age: Duration) -> Self {
        self.started = Some(When::Ago(age));
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

    /// Sets the id of the run, for tests that compare links.
    #[must_use]
    pub const fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    pub(super) fn store(self, defaults: RunDefaults<'_>) -> StoredRun {
        let (created, attempt) = (self.created.resolve(defaults.now), self.attempt());
        let started =
            |started: Option<When>| started.map_or(created, |when: When| when.resolve(defaults.now));
        let last_time_of = |job: &Job| job.completed.or(job.started).or(job.created);
        let last_times = self.jobs.iter().filter_map(last_time_of).map(|when| when.resolve(defaults.now));
        let updated = last_times.fold(created.max(started(self.started)), SystemTime::max);
        StoredRun {
            id: self.id.unwrap_or(defaults.id),
            number: defaults.number,
            workflow: self.workflow,
            attempt,
            head_sha: self.head_sha.unwrap_or(defaults.head_sha),
            branch: self.branch.unwrap_or_else(|| defaults.default_branch.to_owned()),
            event: self
                .event
                .unwrap_or_else(|| if self.fork.is_some() { "pull_request" } else { "push" }.to_owned()),
            fork: self.fork,
            status: self.status,
            earlier: self.earlier.iter().map(|(status, when)| (*status, started(*when))).collect(),
            created,
            started: started(self.started),
            updated,
            jobs: self.jobs,
        }
    }

    /// The id that the test has set.
    pub(super) const fn given_id(&self) -> Option<u64> {
        self.id
    }

    fn attempt(&self) -> u32 {
        u32::try_from(self.earlier.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

impl StoredRun {
    /// Whether the run matches the parameter `status`, which is a status or a conclusion.
    pub(super) fn has_status(&self, status: &str) -> bool {
        self.status.as_str() == status || self.status.conclusion() == Some(status)
    }

    /// The workflow's name: the name of its file without the extension.
    pub(super) fn workflow_name(&self) -> &str {
        self.workflow.split('.').next().unwrap_or(&self.workflow)
    }

    /// The path of the workflow file.
    pub(super) fn path(&self) -> String {
        format!(".github/workflows/{}", self.workflow)
    }

    /// The run as it was in an attempt.
    pub(super) fn in_attempt(&self, attempt: u32) -> Option<Self> {
        if attempt == self.attempt {
            return Some(self.clone());
        }
        let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
        let (status, started) = *self.earlier.get(index)?;
        Some(Self { status, attempt, started, ..self.clone() })
    }

    /// The attempt that a job belongs to.
    pub(super) fn attempt_of(&self, job: &Job) -> u32 {
        job.attempt.unwrap_or(self.attempt)
    }

    /// When an attempt started.
    pub(super) fn started_in(&self, attempt: u32) -> SystemTime {
        self.in_attempt(attempt).map_or(self.started, |run| run.started)
    }
}
