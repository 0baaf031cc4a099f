//! Which events make a run a test of the branch. A run for a pull request tests what the branch might
//! become, even if the pull request comes from a branch with the watched name.

use serde::Deserialize;
use strsim::jaro_winkler;

/// The event of runs in a merge queue. They run before their commit is on the branch.
pub(super) const MERGE_GROUP: &str = "merge_group";

/// Every event a run can have.
/// See <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>.
const KNOWN: &[&str] = &[
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
pub struct Events(Vec<String>);

/// Why events were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// No run would count.
    #[error("at least one event is needed, such as [\"push\"]")]
    None,
    /// GitHub has no such event.
    #[error("`{name}` is not an event of GitHub Actions; did you mean `{nearest}`?")]
    Unknown {
        /// The name as written.
        name: String,
        /// The most similar name that exists.
        nearest: &'static str,
    },
}

impl Events {
    /// Whether runs with this event count.
    #[must_use]
    pub fn contains(&self, event: &str) -> bool {
        self.0.iter().any(|name| name == event)
    }
}

impl Default for Events {
    fn default() -> Self {
        let names =
            ["push", "schedule", "workflow_dispatch", "repository_dispatch", "workflow_run", MERGE_GROUP];
        Self(names.map(str::to_owned).into())
    }
}

impl TryFrom<Vec<String>> for Events {
    type Error = EventsError;

    fn try_from(names: Vec<String>) -> Result<Self, EventsError> {
        if names.is_empty() {
            return Err(EventsError::None);
        }
        match names.iter().find(|name| !KNOWN.contains(&name.as_str())) {
            Some(name) => Err(EventsError::Unknown { name: name.clone(), nearest: nearest(name) }),
            None => Ok(Self(names)),
        }
    }
}

fn nearest(name: &str) -> &'static str {
    let likeness = |known: &&&str| jaro_winkler(known, name);
    KNOWN.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).copied().unwrap_or("push")
}
