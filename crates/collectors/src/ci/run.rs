//! A run of a workflow, as GitHub's lists and attempts give it, and what its conclusion says.

use std::time::SystemTime;

use anyhow::bail;
use serde::{Deserialize, Deserializer, de::Error};

/// A run, in its latest attempt or in an earlier one.
/// See <https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run>.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Run {
    pub(super) id: u64,
    #[serde(default, rename = "run_number")]
    pub(super) number: Option<u64>,
    /// 1 for the first attempt. Servers that know no other attempts leave it out.
    #[serde(default = "first_attempt", rename = "run_attempt")]
    pub(super) attempt: u32,
    pub(super) event: String,
    // These may be null, but not missing: a run without them would be passed over.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) head_branch: Option<String>,
    pub(super) head_sha: String,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) conclusion: Option<String>,
    pub(super) repository: Identity,
    /// Null if the fork was deleted.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) head_repository: Option<Identity>,
    #[serde(default)]
    pub(super) display_title: Option<String>,
    #[serde(default)]
    pub(super) html_url: Option<String>,
    #[serde(deserialize_with = "instant")]
    pub(super) created_at: SystemTime,
    /// When this attempt started.
    #[serde(default, rename = "run_started_at", deserialize_with = "optional_instant")]
    pub(super) attempt_started_at: Option<SystemTime>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Identity {
    pub(super) id: u64,
}

/// What a completed attempt says about the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    /// It was cancelled or skipped, for example.
    Nothing,
}

impl Run {
    /// Whether it ran in the repository itself. A fork can have a branch with the watched name.
    pub(super) fn is_own(&self) -> bool {
        self.head_repository.as_ref() == Some(&self.repository)
    }

    /// Whether the attempt has ended. A state that GitHub does not document is an error.
    pub(super) fn is_completed(&self) -> anyhow::Result<bool> {
        match self.status.as_deref() {
            Some("completed") => Ok(true),
            Some("queued" | "in_progress" | "requested" | "waiting" | "pending") => Ok(false),
            Some(unknown) => bail!("run {} has the unknown status `{unknown}`", self.id),
            None => bail!("run {} has no status", self.id),
        }
    }

    /// What a completed attempt says.
    pub(super) fn outcome(&self) -> anyhow::Result<Outcome> {
        match self.conclusion.as_deref() {
            Some("success") => Ok(Outcome::Passed),
            Some("failure" | "timed_out" | "startup_failure") => Ok(Outcome::Failed),
            Some("cancelled" | "skipped" | "neutral" | "stale" | "action_required") => Ok(Outcome::Nothing),
            Some(unknown) => bail!("run {} has the unknown conclusion `{unknown}`", self.id),
            None => bail!("run {} is completed but has no conclusion", self.id),
        }
    }

    /// How the attempt ended, in words.
    pub(super) fn ending(&self) -> &str {
        match self.conclusion.as_deref() {
            Some("success") => "it passed",
            Some("failure") => "it failed",
            Some("timed_out") => "it timed out",
            Some("startup_failure") => "it failed to start",
            Some("cancelled") => "it was cancelled",
            Some("skipped") => "it was skipped",
            Some("neutral") => "it ended as neutral",
            Some("stale") => "GitHub gave up waiting for it",
            Some("action_required") => "somebody has to approve it",
            Some(other) => other,
            None => "it has not ended",
        }
    }

    /// The page of one of the attempts of this run. The page of the run itself shows the latest one.
    pub(super) fn page(&self, attempt: u32) -> Option<String> {
        let page = self.html_url.clone()?;
        Some(if attempt == self.attempt { page } else { format!("{page}/attempts/{attempt}") })
    }

    /// When this attempt started. Only servers without attempts give no such time.
    pub(super) fn started_at(&self) -> SystemTime {
        self.attempt_started_at.unwrap_or(self.created_at)
    }

    /// What people call the run: its number, and its id if there is none.
    pub(super) fn name(&self) -> String {
        match self.number {
            Some(number) => format!("run #{number}"),
            None => format!("run {}", self.id),
        }
    }
}

fn first_attempt() -> u32 {
    1
}

pub(super) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_rfc3339(&text).map_err(|error| D::Error::custom(format!("`{text}`: {error}")))
}

pub(super) fn optional_instant<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SystemTime>, D::Error> {
    #[derive(Deserialize)]
    struct Instant(#[serde(deserialize_with = "instant")] SystemTime);
    Ok(Option::<Instant>::deserialize(deserializer)?.map(|Instant(instant)| instant))
}
