//! The pull requests of a repository as they are now.

use std::sync::Arc;

use super::pull_request::PullRequest;

/// The pull requests of a repository as they are now, read once for all metrics and instants. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct PullRequestList(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    page: String,
    all: Vec<PullRequest>,
}

impl PullRequestList {
    /// The pull requests, and the page that lists them.
    pub(super) fn new(page: String, all: Vec<PullRequest>) -> Self {
        Self(Arc::new(Inner { page, all }))
    }

    /// The page that lists them.
    pub(super) fn page(&self) -> &str {
        &self.0.page
    }

    pub(super) fn all(&self) -> &[PullRequest] {
        &self.0.all
    }
}
