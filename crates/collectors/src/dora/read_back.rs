//! How far back a list of deployments is read, from the newest to the oldest.

use std::time::SystemTime;

use super::deployment::{Deployment, DeploymentState};

/// The times that decide where reading ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadBack<'a> {
    /// Deployments that were created before this time do not count, unless they are releases.
    pub(super) since: SystemTime,
    /// The start of the longest window.
    pub(super) window_start: SystemTime,
    /// The settings table with `lookback`, for messages.
    pub(super) table: &'a str,
}

impl ReadBack<'_> {
    /// Whether enough was read: all deployments that can count, and one before them, with which the first one is
    /// compared.
    pub(super) fn is_enough(&self, read: &[Deployment]) -> bool {
        let is_base =
            |deployment: &Deployment| deployment.succeeded_at().is_some_and(|at| at <= self.window_start);
        read.last().is_some_and(|oldest| oldest.created_at < self.since) && read.iter().any(is_base)
    }

    /// A deployment that was created too early does not count, even if it happens to be on a page that was read.
    pub(super) fn mark_if_created_too_early(&self, deployment: &mut Deployment) {
        let in_window = deployment.succeeded_at().filter(|at| *at > self.window_start);
        if let Some(succeeded_at) = in_window.filter(|_| deployment.created_at < self.since) {
            let reason =
                format!("it was created too long before the window; see `lookback` in {}", self.table);
            deployment.state = DeploymentState::CreatedTooEarly { succeeded_at, reason };
        }
    }
}
