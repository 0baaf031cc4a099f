//! Releases as deployments.

use serde::Deserialize;
use serde_json::json;

use super::{
    deployment::{Deployment, DeploymentState},
    read_back::ReadBack,
};
use crate::github::{GitHubError, GitHubRepository, Timestamp};

const RELEASES: &str = "
query Releases($owner: String!, $name: String!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    releases(first: $first, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) {
      pageInfo { hasNextPage endCursor }
      nodes { id tagName isDraft isPrerelease createdAt publishedAt url tagCommit { oid } }
    }
  }
}";

/// See <https://docs.github.com/en/graphql/reference/releases>.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReleaseResponse {
    id: String,
    tag_name: String,
    is_draft: bool,
    is_prerelease: bool,
    created_at: Timestamp,
    published_at: Option<Timestamp>,
    url: String,
    tag_commit: Option<CommitId>,
}

#[derive(Debug, Deserialize)]
struct CommitId {
    oid: String,
}

/// The releases, the newest first.
pub(super) async fn read(
    repository: &GitHubRepository,
    prereleases: bool,
    range: &ReadBack<'_>,
) -> Result<Vec<Deployment>, GitHubError> {
    let list = &["repository", "releases"];
    let mut pages = repository.query_pages::<ReleaseResponse>(RELEASES, json!({}), list);
    let mut read = Vec::new();
    while let Some(page) = pages.next().await? {
        read.extend(page.into_iter().map(|release| release.into_deployment(prereleases, range.table)));
        if range.is_enough(&read) {
            break;
        }
    }
    Ok(read)
}

impl ReleaseResponse {
    fn into_deployment(self, prereleases: bool, table: &str) -> Deployment {
        let state = match self.published_at {
            _ if self.is_draft => DeploymentState::NotSuccessful("it is a draft".to_owned()),
            _ if self.is_prerelease && !prereleases => {
                DeploymentState::NotSuccessful(format!("it is a prerelease; see `prereleases` in {table}"))
            }
            Some(Timestamp(at)) => DeploymentState::Succeeded(at),
            None => DeploymentState::NotSuccessful("it is not published".to_owned()),
        };
        Deployment {
            id: self.id,
            title: format!("release {}", self.tag_name),
            tag: Some(self.tag_name),
            commit: self.tag_commit.map(|commit| commit.oid),
            created_at: self.created_at.0,
            state,
            page: Some(self.url),
        }
    }
}
