//! The pull requests of commits, from GitHub. `merge_commit_sha` of the REST API is no replacement: GitHub sets it for pull
//! requests that were not merged, too, and a rebase merge lands several commits.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::json;

use super::how::CommitPullRequest;
use crate::{
    commits::Commit,
    github::{Connection, GitHubRepository, Timestamp},
};

/// Maximum number of commits in a request. GitHub does not allow more.
const MAX_COMMITS: u32 = 100;

/// A commit rarely has more than one pull request, and a pull request has at most 100 labels.
const PULL_REQUESTS: &str = "
query PullRequestsOfCommits($ids: [ID!]!, $withLabels: Boolean!) {
  rateLimit { cost }
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
    let variables = json!({ "withLabels": with_labels });
    let nodes = repository.github().query_nodes(PULL_REQUESTS, &ids, MAX_COMMITS, &variables).await?;
    let mut found = HashMap::new();
    for commit in nodes.into_iter().flatten() {
        let CommitResponse { oid, repository, associated_pull_requests: list } = commit;
        if list.page_info.next(None)?.is_some() {
            bail!("commit {oid} has more than {} pull requests", list.nodes.len());
        }
        let of_commit = |one: PullRequestResponse| one.into_pull_request(&repository);
        found.insert(oid, list.nodes.into_iter().map(of_commit).collect());
    }
    match commits.iter().find(|commit| !found.contains_key(&commit.id)) {
        Some(missing) => bail!("GitHub did not answer about commit {}", missing.id),
        None => Ok(found),
    }
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
