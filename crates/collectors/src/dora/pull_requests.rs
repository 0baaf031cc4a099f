//! The pull requests of commits: their labels, and when the work on a squashed pull request began. A squash merge makes one
//! commit with the date of the merge, so the date of the first commit has to be found in the pull request.

use std::{
    collections::{BTreeSet, HashMap},
    time::SystemTime,
};

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
    let commits: Vec<CommitResponse> = nodes.into_iter().flatten().collect();
    let mut labels: HashMap<&str, Vec<PullRequestLabel>> = HashMap::new();
    for commit in &commits {
        let Some(PullRequests { total_count, nodes }) = &commit.associated_pull_requests else { continue };
        if nodes.len() < *total_count {
            bail!(
                "{}: GitHub listed {} of the {total_count} pull requests of commit {}",
                failed(),
                nodes.len(),
                commit.oid
            );
        }
        for pull_request in nodes {
            labels.entry(&commit.oid).or_default().extend(pull_request.labels(&commit.repository));
        }
    }
    let squashed = squashed(&commits);
    for change in changes {
        change.labels = labels.get(&*change.id).cloned().unwrap_or_default();
        if !change.is_merge() {
            change.squashed = squashed.get(&*change.id).copied();
        }
    }
    Ok(())
}

/// When the first commit of each squashed pull request was made, and the number of the pull request, by the commit into which
/// it was squashed. If several of the commits belong to one pull request, it was not squashed: each of them has its own date.
fn squashed(commits: &[CommitResponse]) -> HashMap<&str, (SystemTime, u64)> {
    let mut commit_counts: HashMap<_, usize> = HashMap::new();
    let mut first_commits = Vec::new();
    for commit in commits {
        for pull_request in commit.associated_pull_requests.iter().flat_map(|found| &found.nodes) {
            // Pull requests of different repositories may have the same number.
            let identity = (pull_request.base_repository.as_ref().map(|base| &*base.id), pull_request.number);
            *commit_counts.entry(identity).or_default() += 1;
            let is_result = pull_request.merge_commit.as_ref().is_some_and(|merge| merge.oid == commit.oid);
            if let Some(first) = pull_request.commits.nodes.first().filter(|_| is_result) {
                first_commits.push((&*commit.oid, first.commit.authored_date.0, identity));
            }
        }
    }
    first_commits.retain(|(_, _, identity)| commit_counts[identity] == 1);
    first_commits.into_iter().map(|(commit, date, (_, number))| (commit, (date, number))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A commit that results from merging the pull request `#1` of a repository.
    fn commit(oid: &str, repository: &str) -> CommitResponse {
        let commit = json!({
            "oid": oid,
            "repository": { "id": "shop" },
            "associatedPullRequests": {
                "totalCount": 1,
                "nodes": [{
                    "number": 1,
                    "mergedAt": "2025-06-01T00:00:00Z",
                    "mergeCommit": { "oid": oid },
                    "baseRefName": "main",
                    "baseRef": null,
                    "baseRepository": { "id": repository },
                    "commits": { "nodes": [{ "commit": { "authoredDate": "2025-05-01T00:00:00Z" } }] },
                }],
            },
        });
        serde_json::from_value(commit).unwrap()
    }

    #[test]
    fn a_pull_request_is_identified_by_its_repository_and_its_number() {
        let count = |commits: &[CommitResponse]| squashed(commits).len();

        assert_eq!(count(&[commit("a", "shop"), commit("b", "upstream")]), 2);
        assert_eq!(count(&[commit("a", "shop"), commit("b", "shop")]), 0, "it was rebased");
    }
}
