//! The jobs of a workflow run, and how jobs and runs end.

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
}

impl Job {
    /// A completed job.
    ///
    /// # Panics
    /// On `Stale` and `StartupFailure`, which only runs can have.
    pub fn new(name: impl Into<String>, conclusion: Conclusion) -> Self {
        assert!(
            !matches!(conclusion, Conclusion::Stale | Conclusion::StartupFailure),
            "a run can end as {conclusion:?}, a job cannot"
        );
        Self { name: name.into(), status: Status::Completed(conclusion), attempt: None }
    }

    /// A job that waits for a runner.
    pub fn queued(name: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::Queued, attempt: None }
    }

    /// A job in progress.
    pub fn in_progress(name: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::InProgress, attempt: None }
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
            Self::InProgress => "in_progress",
            Self::Completed(_) => "completed",
        }
    }

    /// The conclusion, once there is one.
    pub(super) const fn conclusion(self) -> Option<&'static str> {
        match self {
            Self::Completed(conclusion) => Some(conclusion.as_str()),
            Self::Queued | Self::InProgress => None,
        }
    }
}
