//! The pull requests of commits, from GitHub. `merge_commit_sha` of the REST API is no replacement: GitHub sets it for pull
//! requests that were not merged, too, and a rebase merge lands several commits.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::json;

use super::how::CommitPullRequest;
use crate::{
    commits::Commit,
    github::{Connection, GitHubError, GitHubRepository, Timestamp},
};

/// Maximum number of commits in a request, the most that GitHub allows.
const MAX_COMMITS: u32 = 100;

/// A commit rarely has more than one pull request, and a pull request has at most 100 labels.
const PULL_REQUESTS: &str = "
query PullRequestsOfCommits($ids: [ID!]!, $withLabels: Boolean!) {
  nodes(ids: $ids) {
    ... on Commit {
      oid
      repository { id }
      associatedPullRequests(first: 10) {
        pageInfo { hasNextPage endCursor }
        nodes {
          number
          url
          mergedAt
          baseRefName
          baseRef { name }
          baseRepository { id }
          labels(first: 100) @include(if: $withLabels) { nodes { name } }
        }
      }
    }
  }
}";

#[derive(Debug, Deserialize)]
struct NodesResponse {
    /// Null in place of a commit that GitHub does not find.
    nodes: Vec<Option<CommitResponse>>,
}

/// See <https://docs.github.com/en/graphql/reference/objects#commit>.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommitResponse {
    oid: String,
    repository: Identified,
    associated_pull_requests: Connection<PullRequestResponse>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Identified {
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequestResponse {
    number: u64,
    url: String,
    // A field with `Option::deserialize` may be null, but not missing.
    #[serde(deserialize_with = "Option::deserialize")]
    merged_at: Option<Timestamp>,
    base_ref_name: String,
    #[serde(deserialize_with = "Option::deserialize")]
    base_ref: Option<Named>,
    #[serde(deserialize_with = "Option::deserialize")]
    base_repository: Option<Identified>,
    labels: Option<Labels>,
}

#[derive(Debug, Deserialize)]
struct Labels {
    nodes: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

/// The pull requests of each commit, by its id.
pub(super) async fn pull_requests(
    repository: &GitHubRepository,
    commits: &[Commit],
    with_labels: bool,
) -> anyhow::Result<HashMap<String, Vec<CommitPullRequest>>> {
    let read = read(repository, commits, with_labels).await;
    read.with_context(|| format!("cannot read the pull requests of the commits of {}", repository.name()))
}

async fn read(
    repository: &GitHubRepository,
    commits: &[Commit],
    with_labels: bool,
) -> anyhow::Result<HashMap<String, Vec<CommitPullRequest>>> {
    let ids: Option<Vec<&str>> = commits.iter().map(|commit| commit.node_id.as_deref()).collect();
    let ids = ids.context("GitHub gave no `node_id` for a commit")?;
    let mut found = HashMap::new();
    let (mut rest, mut size) = (&ids[..], MAX_COMMITS);
    while !rest.is_empty() {
        let response = request(repository, rest, &mut size, with_labels).await?;
        if response.is_empty() || response.len() > rest.len() {
            bail!("GitHub answered about {} of {} commits", response.len(), rest.len());
        }
        rest = &rest[response.len()..];
        for commit in response.into_iter().flatten() {
            let list = commit.associated_pull_requests;
            if list.page_info.next(None)?.is_some() {
                bail!("commit {} has more than {} pull requests", commit.oid, list.nodes.len());
            }
            let of_commit = |one: PullRequestResponse| one.into_pull_request(&commit.repository);
            found.insert(commit.oid, list.nodes.into_iter().map(of_commit).collect());
        }
    }
    match commits.iter().find(|commit| !found.contains_key(&commit.id)) {
        Some(missing) => bail!("GitHub did not answer about commit {}", missing.id),
        None => Ok(found),
    }
}

/// What GitHub says about the first commits of a list.
async fn request(
    repository: &GitHubRepository,
    ids: &[&str],
    size: &mut u32,
    with_labels: bool,
) -> Result<Vec<Option<CommitResponse>>, GitHubError> {
    let variables = |size: u32| {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        json!({ "ids": ids[..size.min(ids.len())], "withLabels": with_labels })
    };
    let response = repository.github().query_sized::<NodesResponse>(PULL_REQUESTS, size, variables).await?;
    Ok(response.nodes)
}

impl PullRequestResponse {
    fn into_pull_request(self, repository: &Identified) -> CommitPullRequest {
        let labels = self.labels.into_iter().flat_map(|labels| labels.nodes);
        CommitPullRequest {
            number: self.number,
            web_page: self.url,
            is_merged: self.merged_at.is_some(),
            has_base: self.base_ref.is_some_and(|base| base.name == self.base_ref_name),
            base: self.base_ref_name,
            is_own: self.base_repository.as_ref() == Some(repository),
            labels: labels.map(|label| label.name).collect(),
        }
    }
}
