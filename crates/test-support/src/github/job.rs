//! The jobs of a workflow run, and how jobs and runs end.

use std::time::Duration;

use super::when::When;

/// How a run or a job ended. `Stale` and `StartupFailure` are for runs only.
/// See `conclusion` in <https://docs.github.com/rest/actions/workflow-runs>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// It succeeded.
    Success,
    /// A step failed.
    Failure,
    /// It neither succeeded nor failed.
    Neutral,
    /// A user or a newer run cancelled it.
    Cancelled,
    /// It did not run because of a condition.
    Skipped,
    /// It timed out.
    TimedOut,
    /// It needs an approval.
    ActionRequired,
    /// GitHub stopped waiting for it after two weeks.
    Stale,
    /// The workflow file is invalid.
    StartupFailure,
}

/// The status of a run or a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Queued,
    /// Waits for an approval, or for another run.
    Waiting,
    InProgress,
    Completed(Conclusion),
}

/// A job of a [`Run`](super::Run).
#[derive(Debug, Clone)]
pub struct Job {
    pub(super) name: String,
    pub(super) status: Status,
    /// The attempt of the run that it belongs to. `None`: the latest one.
    pub(super) attempt: Option<u32>,
    pub(super) created: Option<When>,
    pub(super) started: Option<When>,
    pub(super) completed: Option<When>,
    pub(super) labels: Vec<String>,
    pub(super) has_runner: bool,
}

impl Job {
    /// A completed job.
    ///
    /// # Panics
    /// If the conclusion is `Stale` or `StartupFailure`, which only runs can have.
    pub fn new(name: impl Into<String>, conclusion: Conclusion) -> Self {
        assert!(
            !matches!(conclusion, Conclusion::Stale | Conclusion::StartupFailure),
            "a run can end as {conclusion:?}, a job cannot"
        );
        // A skipped job never gets a runner.
        Self {
            has_runner: conclusion != Conclusion::Skipped,
            ..Self::with_status(name, Status::Completed(conclusion))
        }
    }

    /// A job that waits for a runner.
    pub fn queued(name: impl Into<String>) -> Self {
        Self { has_runner: false, ..Self::with_status(name, Status::Queued) }
    }

    /// A job in progress.
    pub fn in_progress(name: impl Into<String>) -> Self {
        Self::with_status(name, Status::InProgress)
    }

    /// A job that waits for an approval or for another run, and not for a runner.
    pub fn waiting(name: impl Into<String>) -> Self {
        Self { has_runner: false, ..Self::with_status(name, Status::Waiting) }
    }

    /// Created this long before the fake's clock, instead of when its attempt started.
    #[must_use]
    pub const fn created(mut self, age: Duration) -> Self {
        self.created = Some(When::Ago(age));
        self
    }

    /// Started this long before the fake's clock, instead of when it was created.
    #[must_use]
    pub const fn started(mut self, age: Duration) -> Self {
        self.started = Some(When::Ago(age));
        self
    }

    /// Ended this long before the fake's clock, instead of when it started.
    #[must_use]
    pub const fn completed(mut self, age: Duration) -> Self {
        self.completed = Some(When::Ago(age));
        self
    }

    /// Asks for a runner with these labels, instead of `ubuntu-latest`.
    #[must_use]
    pub fn labels<const N: usize>(mut self, labels: [&str; N]) -> Self {
        self.labels = labels.map(str::to_owned).into();
        self
    }

    /// Ended before it got a runner.
    #[must_use]
    pub const fn without_runner(mut self) -> Self {
        self.has_runner = false;
        self
    }

    /// Belongs to this attempt of the run. Default: the latest attempt when the job is added to the run.
    #[must_use]
    pub const fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = Some(attempt);
        self
    }

    fn with_status(name: impl Into<String>, status: Status) -> Self {
        Self {
            name: name.into(),
            status,
            attempt: None,
            created: None,
            started: None,
            completed: None,
            labels: vec!["ubuntu-latest".to_owned()],
            has_runner: true,
        }
    }
}

impl Conclusion {
    /// The value in GitHub's responses.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::TimedOut => "timed_out",
            Self::ActionRequired => "action_required",
            Self::Stale => "stale",
            Self::StartupFailure => "startup_failure",
        }
    }
}

impl Status {
    /// The value in GitHub's responses.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Waiting => "waiting",
            Self::InProgress => "in_progress",
            Self::Completed(_) => "completed",
        }
    }

    /// The conclusion, once there is one.
    pub(super) const fn conclusion(self) -> Option<&'static str> {
        match self {
            Self::Completed(conclusion) => Some(conclusion.as_str()),
            Self::Queued | Self::Waiting | Self::InProgress => None,
        }
    }
}
