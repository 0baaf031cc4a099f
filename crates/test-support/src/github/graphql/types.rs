//! The types of the graph that several files use. Each type borrows the stored data. The other files implement their fields.

use crate::github::{
    commit::StoredCommit,
    deployment::{StoredDeployment, StoredRelease, StoredTag},
    pull_request::StoredPullRequest,
    repository_data::RepositoryData,
};

/// A repository.
pub(super) struct Repository<'a> {
    pub(super) data: &'a RepositoryData,
}

/// A branch.
pub(super) struct Ref<'a> {
    pub(super) repository: &'a RepositoryData,
    pub(super) name: &'a str,
}

/// A commit.
pub(super) struct Commit<'a> {
    pub(super) repository: &'a RepositoryData,
    pub(super) data: &'a StoredCommit,
}

/// A pull request.
pub(super) struct PullRequest<'a> {
    pub(super) repository: &'a RepositoryData,
    pub(super) data: &'a StoredPullRequest,
}

/// A release.
pub(super) struct Release<'a> {
    pub(super) repository: &'a RepositoryData,
    pub(super) data: &'a StoredRelease,
}

/// A reference to a tag.
pub(super) struct TagRef<'a> {
    pub(super) repository: &'a RepositoryData,
    pub(super) data: &'a StoredTag,
}

/// A deployment.
pub(super) struct Deployment<'a> {
    pub(super) repository: &'a RepositoryData,
    pub(super) data: &'a StoredDeployment,
}

/// An environment, which exists if something was deployed to it.
pub(super) struct Environment<'a> {
    pub(super) repository: &'a RepositoryData,
    pub(super) name: &'a str,
}
