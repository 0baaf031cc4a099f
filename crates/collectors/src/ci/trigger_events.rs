//! Which events trigger runs that test the branch. A run for a pull request tests what the branch might become, even
//! if the head branch of the pull request has the watched name.

use serde::Deserialize;
use strsim::jaro_winkler;

/// The event of runs in a merge queue, which run before their commit is on the branch.
pub(super) const MERGE_GROUP: &str = "merge_group";

/// All events that trigger runs.
/// See <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>.
const KNOWN_EVENTS: &[&str] = &[
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "create",
    "delete",
    "deployment",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "dynamic",
    "fork",
    "gollum",
    "image_version",
    "issue_comment",
    "issues",
    "label",
    MERGE_GROUP,
    "milestone",
    "page_build",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_target",
    "push",
    "registry_package",
    "release",
    "repository_dispatch",
    "schedule",
    "status",
    "watch",
    "workflow_dispatch",
    "workflow_run",
];

/// The events whose runs count. Default: `push`, `schedule`, `workflow_dispatch`, `repository_dispatch`,
/// `workflow_run` and `merge_group`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct TriggerEvents(Vec<String>);

/// Why events were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TriggerEventsError {
    /// No event was given, so no run would count.
    #[error("at least one event is needed, such as [\"push\"]")]
    NoEvents,
    /// One of them is not an event of GitHub Actions.
    #[error("`{name}` is not an event of GitHub Actions; did you mean `{nearest}`?")]
    Unknown {
        /// The unknown name.
        name: String,
        /// The most similar event.
        nearest: &'static str,
    },
}

impl TriggerEvents {
    /// Whether runs that this event triggered count.
    #[must_use]
    pub fn contains(&self, event: &str) -> bool {
        self.0.iter().any(|name| name == event)
    }
}

impl Default for TriggerEvents {
    fn default() -> Self {
        let names =
            ["push", "schedule", "workflow_dispatch", "repository_dispatch", "workflow_run", MERGE_GROUP];
        Self(names.map(str::to_owned).into())
    }
}

impl TryFrom<Vec<String>> for TriggerEvents {
    type Error = TriggerEventsError;

    fn try_from(names: Vec<String>) -> Result<Self, TriggerEventsError> {
        if names.is_empty() {
            return Err(TriggerEventsError::NoEvents);
        }
        match names.iter().find(|name| !KNOWN_EVENTS.contains(&name.as_str())) {
            Some(name) => Err(TriggerEventsError::Unknown { name: name.clone(), nearest: nearest(name) }),
            None => Ok(Self(names)),
        }
    }
}

fn nearest(name: &str) -> &'static str {
    let similarity = |known: &&&str| jaro_winkler(known, name);
    KNOWN_EVENTS.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b))).copied().unwrap_or("push")
}
