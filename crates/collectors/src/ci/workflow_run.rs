//! A run of a workflow in GitHub's responses, and its conclusion.

use std::time::SystemTime;

use anyhow::bail;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::github::Timestamp;

/// A run, in its latest attempt or in an earlier one.
/// See <https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run>.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct WorkflowRun {
    pub(super) id: u64,
    #[serde(default, rename = "run_number")]
    pub(super) number: Option<u64>,
    /// 1 for the first attempt. Servers without attempts omit it.
    #[serde(default = "first_attempt", rename = "run_attempt")]
    pub(super) attempt: u32,
    /// The workflow file, such as `.github/workflows/checks.yml`. Older servers omit it.
    #[serde(default)]
    pub(super) path: Option<String>,
    pub(super) event: String,
    // A field with `Option::deserialize` may be null, but not missing. If a missing one were accepted, the run would be skipped
    // without notice.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) head_branch: Option<String>,
    pub(super) head_sha: String,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) conclusion: Option<String>,
    pub(super) repository: RepositoryId,
    /// Null if the fork no longer exists.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) head_repository: Option<RepositoryId>,
    #[serde(default)]
    pub(super) display_title: Option<String>,
    #[serde(default)]
    pub(super) html_url: Option<String>,
    #[serde(deserialize_with = "deserialize_time")]
    pub(super) created_at: SystemTime,
    /// When this attempt started.
    #[serde(default, rename = "run_started_at", deserialize_with = "deserialize_optional_time")]
    pub(super) attempt_started_at: Option<SystemTime>,
    /// When anything about the run last changed. If the latest attempt has ended, this is its end or a later time.
    #[serde(default, deserialize_with = "deserialize_optional_time")]
    pub(super) updated_at: Option<SystemTime>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct RepositoryId {
    pub(super) id: u64,
}

/// GitHub's conclusion of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RunConclusion {
    Success,
    Failure,
    TimedOut,
    StartupFailure,
    Cancelled,
    Skipped,
    Neutral,
    Stale,
    ActionRequired,
    /// It is queued or in progress.
    None,
}

/// What a conclusion means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunResult {
    Passed,
    Failed,
    /// Such as cancelled or skipped.
    Undecided,
}

impl WorkflowRun {
    /// Whether it ran in the repository itself. A fork can have a branch with the watched name.
    pub(super) fn is_own(&self) -> bool {
        self.head_repository.as_ref() == Some(&self.repository)
    }

    /// Whether the attempt has ended. A status that GitHub does not document is an error.
    pub(super) fn is_completed(&self) -> anyhow::Result<bool> {
        match self.status.as_deref() {
            Some("completed") => Ok(true),
            Some("queued" | "in_progress" | "requested" | "waiting" | "pending") => Ok(false),
            Some(unknown) => bail!("run {} has the unknown status `{unknown}`", self.id),
            None => bail!("run {} has no status", self.id),
        }
    }

    /// The number of this attempt, if it has ended.
    pub(super) fn ended_attempt(&self) -> Option<u32> {
        self.is_completed().is_ok_and(|is_completed| is_completed).then_some(self.attempt)
    }

    /// The result of a completed attempt.
    pub(super) fn result(&self) -> anyhow::Result<RunResult> {
        Ok(self.final_conclusion()?.result())
    }

    /// The conclusion of the attempt, which is [`RunConclusion::None`] before it has ended.
    pub(super) fn conclusion(&self) -> anyhow::Result<RunConclusion> {
        if self.is_completed()? { self.final_conclusion() } else { Ok(RunConclusion::None) }
    }

    fn final_conclusion(&self) -> anyhow::Result<RunConclusion> {
        Ok(match self.conclusion.as_deref() {
            Some("success") => RunConclusion::Success,
            Some("failure") => RunConclusion::Failure,
            Some("timed_out") => RunConclusion::TimedOut,
            Some("startup_failure") => RunConclusion::StartupFailure,
            Some("cancelled") => RunConclusion::Cancelled,
            Some("skipped") => RunConclusion::Skipped,
            Some("neutral") => RunConclusion::Neutral,
            Some("stale") => RunConclusion::Stale,
            Some("action_required") => RunConclusion::ActionRequired,
            Some(unknown) => bail!("run {} has the unknown conclusion `{unknown}`", self.id),
            None => bail!("run {} is completed but has no conclusion", self.id),
        })
    }

    /// The workflow in tags: the name of its file, or the whole path of one that GitHub provides, such as
    /// `dynamic/pages/pages-build-deployment`.
    pub(super) fn workflow(&self) -> anyhow::Result<&str> {
        let Some(path) = self.path.as_deref() else {
            bail!(
                "run {} does not name its workflow file; GitHub Enterprise Server 3.5 or newer does",
                self.id
            )
        };
        Ok(workflow_of_path(path))
    }

    /// How the attempt ended, for messages.
    pub(super) fn ending_in_words(&self) -> &str {
        match self.conclusion.as_deref() {
            Some("success") => "it passed",
            Some("failure") => "it failed",
            Some("timed_out") => "it timed out",
            Some("startup_failure") => "it failed to start",
            Some("cancelled") => "it was cancelled",
            Some("skipped") => "it was skipped",
            Some("neutral") => "it ended as neutral",
            Some("stale") => "GitHub stopped waiting for it",
            Some("action_required") => "it needs an approval",
            Some(other) => other,
            None => "it has not ended",
        }
    }

    /// The web page of one attempt of this run. The page of the run itself shows the latest attempt.
    pub(super) fn page(&self, attempt: u32) -> Option<String> {
        let page = self.html_url.clone()?;
        Some(if attempt == self.attempt { page } else { format!("{page}/attempts/{attempt}") })
    }

    /// When this attempt started. Servers without attempts give only the time when the run was created.
    pub(super) fn started_at(&self) -> SystemTime {
        self.attempt_started_at.unwrap_or(self.created_at)
    }

    /// The run's name in messages: its number, or its id if it has none.
    pub(super) fn name(&self) -> String {
        match self.number {
            Some(number) => format!("run #{number}"),
            None => format!("run {}", self.id),
        }
    }
}

impl RunConclusion {
    /// The value in GitHub's responses, or `none`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::TimedOut => "timed_out",
            Self::StartupFailure => "startup_failure",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::Neutral => "neutral",
            Self::Stale => "stale",
            Self::ActionRequired => "action_required",
            Self::None => "none",
        }
    }

    /// Whether an attempt with this conclusion passed, failed or neither.
    pub(super) const fn result(self) -> RunResult {
        match self {
            Self::Success => RunResult::Passed,
            Self::Failure | Self::TimedOut | Self::StartupFailure => RunResult::Failed,
            Self::Cancelled
            | Self::Skipped
            | Self::Neutral
            | Self::Stale
            | Self::ActionRequired
            | Self::None => RunResult::Undecided,
        }
    }
}

/// The name of a workflow's file, or the whole path of a workflow that GitHub provides. GitHub writes a path as
/// `.github/workflows/ci.yml`, in some responses with the repository before it or a reference after it:
/// `octocat/octo-repo/.github/workflows/ci.yml@main`.
pub(super) fn workflow_of_path(path: &str) -> &str {
    let path = path.split_once('@').map_or(path, |(path, _)| path);
    path.split_once(".github/workflows/").map_or(path, |(_, file)| file)
}

fn first_attempt() -> u32 {
    1
}

fn deserialize_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    Ok(Timestamp::deserialize(deserializer)?.0)
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
pub(super) fn serialize_optional_time<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(Timestamp).serialize(serializer)
}

pub(super) fn deserialize_optional_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SystemTime>, D::Error> {
    Ok(Option::<Timestamp>::deserialize(deserializer)?.map(|time| time.0))
}
