//! Tags as deployments.

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::json;

use super::{
    TagPatterns,
    deployment::{Deployment, DeploymentState},
    read_back::ReadBack,
};
use crate::github::{GitHubRepository, GitTimestamp};

const TAGS: &str = "
query Tags($owner: String!, $name: String!, $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    refs(refPrefix: \"refs/tags/\", first: $first, after: $after, orderBy: { field: TAG_COMMIT_DATE, direction: DESC }) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id name repository { url }
        target {
          ... on Commit { oid committedDate }
          ... on Tag { tagger { date } target { ... on Commit { oid committedDate } } }
        }
      }
    }
  }
}";

/// See <https://docs.github.com/en/graphql/reference/git>.
#[derive(Debug, Deserialize)]
struct TagResponse {
    id: String,
    name: String,
    repository: RepositoryResponse,
    target: Option<TargetResponse>,
}

#[derive(Debug, Deserialize)]
struct RepositoryResponse {
    url: String,
}

/// A commit for a lightweight tag, and a tag object with its commit for an annotated one. Any other object has none of these
/// fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TargetResponse {
    oid: Option<String>,
    committed_date: Option<GitTimestamp>,
    tagger: Option<TaggerResponse>,
    target: Option<CommitResponse>,
}

#[derive(Debug, Deserialize)]
struct TaggerResponse {
    date: Option<GitTimestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct CommitResponse {
    oid: Option<String>,
    committed_date: Option<GitTimestamp>,
}

/// The tags that match, the newest first.
pub(super) async fn read(
    repository: &GitHubRepository,
    patterns: &TagPatterns,
    range: &ReadBack<'_>,
) -> anyhow::Result<Vec<Deployment>> {
    let mut pages = repository.query_pages::<TagResponse>(TAGS, json!({}), &["repository", "refs"]);
    let mut read = Vec::new();
    while let Some(page) = pages.next().await? {
        let matching = page.into_iter().filter(|tag| patterns.matches(&tag.name));
        read.extend(matching.map(TagResponse::into_deployment));
        if range.is_enough(&read) {
            break;
        }
    }
    Ok(read)
}

impl TagResponse {
    fn into_deployment(self) -> Deployment {
        let target = self.target.unwrap_or_default();
        let commit = match target.oid {
            Some(oid) => CommitResponse { oid: Some(oid), committed_date: target.committed_date },
            None => target.target.unwrap_or_default(),
        };
        let committed_at = commit.committed_date.map(|date| date.0);
        // Lightweight tags have no tagger, and neither do tags from very old versions of git. They get the commit's date.
        let at = target.tagger.and_then(|tagger| tagger.date).map(|date| date.0).or(committed_at);
        let state = match (at, &commit.oid) {
            (_, None) => DeploymentState::NotSuccessful("it is not the tag of a commit".to_owned()),
            (None, Some(_)) => DeploymentState::NotSuccessful("its commit has no date".to_owned()),
            (Some(at), Some(_)) => DeploymentState::Succeeded(at),
        };
        let page = format!("{}/releases/tag/{}", self.repository.url, self.name);
        Deployment {
            id: self.id,
            title: format!("tag {}", self.name),
            tag: Some(self.name),
            commit: commit.oid,
            // Which of the two dates orders the list is not documented, so the later one decides where reading ends.
            created_at: at.max(committed_at).unwrap_or(SystemTime::UNIX_EPOCH),
            state,
            web_page: Some(page),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_is_no_deployment_says_why() {
        for (target, expected) in [
            (json!(null), "it is not the tag of a commit"),
            (json!({ "tagger": { "date": "2025-06-01T00:00:00Z" } }), "it is not the tag of a commit"),
            (json!({ "oid": "1234567890" }), "its commit has no date"),
        ] {
            let repository = json!({ "url": "https://github.com/acme/shop" });
            let tag = json!({ "id": "R_1", "name": "v1", "repository": repository, "target": target });
            let tag: TagResponse = serde_json::from_value(tag).unwrap();

            let DeploymentState::NotSuccessful(reason) = tag.into_deployment().state else {
                panic!("{target}")
            };
            assert_eq!(reason, expected);
        }
    }
}
