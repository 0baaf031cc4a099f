//! The pull requests of commits: when the work on a squashed one began, and their labels. A squash merge makes one commit with
//! the date of the merge, so the date of the first commit has to be found in the pull request.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::json;

use super::change::{Change, PullRequestLabel};
use crate::github::{GitHubRepository, GitTimestamp, Timestamp};

/// Maximum number of commits in one query.
const MAX_COMMITS: u32 = 50;

const PULL_REQUESTS: &str = "
query PullRequestsOfCommits($ids: [ID!]!, $withLabels: Boolean!) {
  rateLimit { cost }
  nodes(ids: $ids) {
    ... on Commit {
      oid
      repository { id }
      associatedPullRequests(first: 20) {
        totalCount
        nodes {
          number
          mergedAt
          mergeCommit { oid }
          baseRefName
          baseRef { name }
          baseRepository { id }
          commits(first: 1) { nodes { commit { authoredDate } } }
          labels(first: 100) @include(if: $withLabels) { nodes { name } }
        }
      }
    }
  }
}";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommitResponse {
    oid: String,
    repository: Identified,
    associated_pull_requests: Option<PullRequests>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequests {
    total_count: usize,
    nodes: Vec<PullRequestResponse>,
}

#[derive(Debug, Deserialize)]
struct Nodes<T> {
    nodes: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequestResponse {
    number: u64,
    // A field with `Option::deserialize` may be null, but not missing.
    #[serde(deserialize_with = "Option::deserialize")]
    merged_at: Option<Timestamp>,
    merge_commit: Option<MergeCommit>,
    base_ref_name: String,
    #[serde(deserialize_with = "Option::deserialize")]
    base_ref: Option<Named>,
    #[serde(deserialize_with = "Option::deserialize")]
    base_repository: Option<Identified>,
    commits: Nodes<PullRequestCommit>,
    labels: Option<Nodes<Named>>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Identified {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct MergeCommit {
    oid: String,
}

#[derive(Debug, Deserialize)]
struct PullRequestCommit {
    commit: AuthoredCommit,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthoredCommit {
    authored_date: GitTimestamp,
}

/// Sets [`Change::squashed`] of all changes into which a pull request was squashed, and [`Change::labels`] if labels count.
/// Several changes may have the same commit, because each environment has its own changes.
pub(super) async fn set_pull_requests(
    repository: &GitHubRepository,
    changes: Vec<&mut Change>,
    with_labels: bool,
) -> anyhow::Result<()> {
    let failed = || format!("cannot read the pull requests of commits in {}", repository.name());
    let ids: BTreeSet<String> = changes.iter().map(|change| change.node_id.clone()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let variables = json!({ "withLabels": with_labels });
    let nodes = repository.github().query_nodes(PULL_REQUESTS, &ids, MAX_COMMITS, &variables).await;
    let nodes: Vec<Option<CommitResponse>> = nodes.with_context(failed)?;
    // Without its pull requests, a commit would seem to have no label.
    if let Some(missing) = nodes.iter().position(Option::is_none) {
        bail!("{}: GitHub did not answer about the commit with the node {}", failed(), ids[missing]);
    }
    let mut commit_counts: HashMap<u64, usize> = HashMap::new();
    let mut first_commits = HashMap::new();
    let mut labels: HashMap<String, Vec<PullRequestLabel>> = HashMap::new();
    for commit in nodes.into_iter().flatten() {
        let Some(PullRequests { total_count, nodes }) = commit.associated_pull_requests else { continue };
        if nodes.len() < total_count {
            bail!(
                "{}: GitHub listed {} of the {total_count} pull requests of commit {}",
                failed(),
                nodes.len(),
                commit.oid
            );
        }
        for pull_request in nodes {
            labels.entry(commit.oid.clone()).or_default().extend(pull_request.labels(&commit.repository));
            *commit_counts.entry(pull_request.number).or_default() += 1;
            let is_result = pull_request.merge_commit.is_some_and(|merge| merge.oid == commit.oid);
            if let Some(first) = pull_request.commits.nodes.first().filter(|_| is_result) {
                first_commits.insert(commit.oid.clone(), (first.commit.authored_date.0, pull_request.number));
            }
        }
    }
    for change in changes {
        change.labels = labels.get(&change.id).cloned().unwrap_or_default();
        if !change.is_merge() {
            // If a pull request was rebased, each of its commits has landed with its own date.
            let has_one_commit = |(_, number): &&(_, u64)| commit_counts[number] == 1;
            change.squashed = first_commits.get(&change.id).filter(has_one_commit).copied();
        }
    }
    Ok(())
}

impl PullRequestResponse {
    /// The labels of a pull request that was merged in this repository. Empty for any other pull request, and if the query did
    /// not request labels.
    fn labels(&self, repository: &Identified) -> Vec<PullRequestLabel> {
        if self.merged_at.is_none() || self.base_repository.as_ref() != Some(repository) {
            return Vec::new();
        }
        let base = self.base_ref.as_ref().filter(|base| base.name == self.base_ref_name);
        let label = |label: &Named| PullRequestLabel {
            number: self.number,
            base: base.map(|base| base.name.clone()),
            name: label.name.clone(),
        };
        self.labels.iter().flat_map(|labels| &labels.nodes).map(label).collect()
    }
}
