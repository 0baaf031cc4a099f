//! The pull requests of a repository as they are now.

use std::sync::Arc;

use super::pull_request::PullRequest;

/// The pull requests of a repository as they are now, read once for all metrics and instants. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct PullRequestList(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    web_page: String,
    pull_requests: Vec<PullRequest>,
}

impl PullRequestList {
    /// The pull requests, and the page that lists them.
    pub(super) fn new(page: String, pull_requests: Vec<PullRequest>) -> Self {
        Self(Arc::new(Inner { web_page: page, pull_requests }))
    }

    /// The web page that lists the pull requests.
    pub(super) fn page(&self) -> &str {
        &self.0.web_page
    }

    pub(super) fn pull_requests(&self) -> &[PullRequest] {
        &self.0.pull_requests
    }
}
