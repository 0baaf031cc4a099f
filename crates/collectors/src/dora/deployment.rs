//! A deployment, wherever it was found.

use std::time::SystemTime;

use system_health_registry::EvidenceItem;

/// A deployment, or something that looks like one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deployment {
    /// Identifies the deployment among all deployments of its source.
    pub(super) id: String,
    /// The name of the deployment in messages.
    pub(super) title: String,
    /// The tag that was deployed, if it is known.
    pub(super) tag: Option<String>,
    /// The commit. `None` if it no longer exists.
    pub(super) commit: Option<String>,
    /// The time by which GitHub's list of deployments is ordered.
    pub(super) created_at: SystemTime,
    pub(super) state: DeploymentState,
    pub(super) web_page: Option<String>,
}

/// Whether a deployment was successful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DeploymentState {
    /// It succeeded at this time.
    Succeeded(SystemTime),
    /// It succeeded, but it was created too early to count.
    CreatedTooEarly { succeeded_at: SystemTime, reason: String },
    /// It did not succeed, or has not succeeded yet, for this reason.
    NotSuccessful(String),
}

/// A successful deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Success {
    pub(super) title: String,
    pub(super) tag: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) at: SystemTime,
    pub(super) web_page: Option<String>,
}

impl Deployment {
    pub(super) fn succeeded_at(&self) -> Option<SystemTime> {
        match self.state {
            DeploymentState::Succeeded(at) => Some(at),
            DeploymentState::CreatedTooEarly { .. } | DeploymentState::NotSuccessful(_) => None,
        }
    }
}

impl Success {
    /// The deployment as evidence.
    pub(super) fn item(&self, counted: bool, reason: impl AsRef<str>) -> EvidenceItem {
        EvidenceItem::new(&self.title, counted, reason).with_link(self.web_page.as_deref())
    }
}
