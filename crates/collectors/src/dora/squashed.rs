//! When the work on a squashed pull request began. A squash merge makes one commit with the date of the merge, so the date
//! of the first commit has to be found in the pull request.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::json;

use super::change::Change;
use crate::github::{GitHubRepository, GitTimestamp};

/// The maximum number of commits in one query.
const COMMITS_PER_QUERY: usize = 50;

const PULL_REQUESTS: &str = "
query PullRequestsOfCommits($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Commit {
      oid
      associatedPullRequests(first: 20) {
        totalCount
        nodes { number mergeCommit { oid } commits(first: 1) { nodes { commit { authoredDate } } } }
      }
    }
  }
}";

#[derive(Debug, Deserialize)]
struct Response {
    nodes: Vec<Option<CommitResponse>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommitResponse {
    oid: String,
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
    merge_commit: Option<MergeCommit>,
    commits: Nodes<PullRequestCommit>,
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

/// Sets [`Change::squashed`] of all changes to which a pull request was squashed. Several changes may have the same commit,
/// because each environment has its own changes.
pub(super) async fn set_squashed(
    repository: &GitHubRepository,
    changes: Vec<&mut Change>,
) -> anyhow::Result<()> {
    let failed = || format!("cannot read the pull requests of commits in {}", repository.name());
    let ids: BTreeSet<String> = changes.iter().map(|change| change.node_id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let mut commits = Vec::new();
    for ids in ids.chunks(COMMITS_PER_QUERY) {
        let variables = json!({ "ids": ids });
        let response = repository.github().query::<Response>(PULL_REQUESTS, variables).await;
        commits.extend(response.with_context(failed)?.nodes.into_iter().flatten());
    }
    let mut commit_counts: HashMap<u64, usize> = HashMap::new();
    let mut found = HashMap::new();
    for commit in commits {
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
            *commit_counts.entry(pull_request.number).or_default() += 1;
            let is_result = pull_request.merge_commit.is_some_and(|merge| merge.oid == commit.oid);
            if let Some(first) = pull_request.commits.nodes.first().filter(|_| is_result) {
                found.insert(commit.oid.clone(), (first.commit.authored_date.0, pull_request.number));
            }
        }
    }
    for change in changes.into_iter().filter(|change| !change.is_merge()) {
        // If a pull request was rebased, each of its commits has landed with its own date.
        let has_one_commit = |(_, number): &&(_, u64)| commit_counts[number] == 1;
        change.squashed = found.get(&change.id).filter(has_one_commit).copied();
    }
    Ok(())
}
