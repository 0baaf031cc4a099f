//! What is known about the requests of a group after a run.

use std::collections::BTreeMap;

use crate::github::GitHubApi;

/// The numbers of requests on which the next estimate for a group of metrics, such as `ci.*`, is based.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsedRequests {
    pub(super) requests: BTreeMap<GitHubApi, u64>,
    /// Whether the previous run made these requests. If not, they are assumed, because the previous run was not complete.
    pub(super) is_measured: bool,
}

impl UsedRequests {
    /// Requests that the previous run made.
    pub(super) fn measured(requests: BTreeMap<GitHubApi, u64>) -> Self {
        Self { requests, is_measured: true }
    }

    /// Requests that a complete run may need.
    pub(super) fn assumed(requests: BTreeMap<GitHubApi, u64>) -> Self {
        Self { requests, is_measured: false }
    }
}
