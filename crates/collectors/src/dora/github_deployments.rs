//! GitHub's deployments and their statuses.

use std::fmt;

use serde::Deserialize;
use serde_json::json;

use super::{
    deployment::{Deployment, DeploymentState},
    read_back::ReadBack,
};
use crate::{
    github::{Connection, GitHubError, GitHubRepository, Timestamp},
    short_id::short_id,
};

/// Maximum number of environments in a message. There may be one for each pull request.
const MAX_SHOWN: usize = 10;

const DEPLOYMENTS: &str = "
query Deployments($owner: String!, $name: String!, $environments: [String!], $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    deployments(environments: $environments, first: $first, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id commitOid createdAt environment repository { url }
        statuses(first: 100) { pageInfo { hasNextPage endCursor } nodes { state createdAt logUrl } }
      }
    }
  }
}";

const STATUSES: &str = "
query DeploymentStatuses($id: ID!, $first: Int!, $after: String) {
  rateLimit { cost }
  node(id: $id) {
    ... on Deployment {
      statuses(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { state createdAt logUrl } }
    }
  }
}";

const ENVIRONMENTS: &str = "
query Environments($owner: String!, $name: String!, $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    environments(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { name } }
  }
}";

/// See <https://docs.github.com/en/graphql/reference/deployments>.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentResponse {
    id: String,
    commit_oid: String,
    created_at: Timestamp,
    environment: Option<String>,
    repository: RepositoryResponse,
    statuses: Connection<StatusResponse>,
}

#[derive(Debug, Deserialize)]
struct RepositoryResponse {
    url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusResponse {
    state: StatusState,
    created_at: Timestamp,
    log_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum StatusState {
    Error,
    Failure,
    Inactive,
    InProgress,
    Pending,
    Queued,
    Success,
    Waiting,
}

#[derive(Debug, Deserialize)]
struct EnvironmentResponse {
    name: String,
}

/// The names of the environments of a repository.
#[derive(Debug)]
pub(super) struct Environments(Vec<String>);

/// The deployments to each environment, the newest first.
pub(super) async fn read(
    repository: &GitHubRepository,
    environments: &[String],
    range: &ReadBack<'_>,
) -> anyhow::Result<Vec<(Option<String>, Vec<Deployment>)>> {
    let mut read = Vec::new();
    for environment in environments {
        read.push((Some(environment.clone()), read_environment(repository, environment, range).await?));
    }
    Ok(read)
}

async fn read_environment(
    repository: &GitHubRepository,
    environment: &str,
    range: &ReadBack<'_>,
) -> anyhow::Result<Vec<Deployment>> {
    let variables = json!({ "environments": [environment] });
    let list = &["repository", "deployments"];
    let mut pages = repository.query_pages::<DeploymentResponse>(DEPLOYMENTS, variables, list);
    let mut read = Vec::new();
    while let Some(page) = pages.next().await? {
        for mut deployment in page {
            deployment.read_all_statuses(repository).await?;
            read.push(deployment.into_deployment());
        }
        if range.is_enough(&read) {
            break;
        }
    }
    Ok(read)
}

/// The names of all environments of the repository.
pub(super) async fn environments(repository: &GitHubRepository) -> Result<Environments, GitHubError> {
    let list = &["repository", "environments"];
    let all = repository.query_pages::<EnvironmentResponse>(ENVIRONMENTS, json!({}), list).all().await?;
    Ok(Environments(all.into_iter().map(|environment| environment.name).collect()))
}

impl Environments {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is an environment with this name. Upper and lower case are equal, as on GitHub.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Environments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(MAX_SHOWN)];
        let more = if self.0.len() > MAX_SHOWN { " and others" } else { "" };
        write!(f, "{}{more}", shown.join(", "))
    }
}

impl DeploymentResponse {
    /// Reads the statuses again if they have more than one page, so that the first success is among them. This is rare.
    async fn read_all_statuses(&mut self, repository: &GitHubRepository) -> anyhow::Result<()> {
        if self.statuses.page_info.next(None)?.is_some() {
            let variables = json!({ "id": self.id });
            let pages = repository.github().query_pages(STATUSES, variables, &["node", "statuses"]);
            self.statuses.nodes = pages.all().await?;
        }
        Ok(())
    }

    fn into_deployment(self) -> Deployment {
        let environment = self.environment.unwrap_or_default();
        let title = format!("deployment of {} to {environment}", short_id(&self.commit_oid));
        let statuses = &self.statuses.nodes;
        let first_success = statuses
            .iter()
            .filter(|status| status.state == StatusState::Success)
            .min_by_key(|s| s.created_at);
        let has_failed =
            statuses.iter().any(|status| matches!(status.state, StatusState::Error | StatusState::Failure));
        let state = match first_success {
            Some(success) => DeploymentState::Succeeded(success.created_at.0),
            None if has_failed => DeploymentState::NotSuccessful("it failed".to_owned()),
            None => DeploymentState::NotSuccessful("it has no status `success` so far".to_owned()),
        };
        let log = statuses.iter().filter_map(|status| status.log_url.clone()).find(|url| !url.is_empty());
        let page = log.or_else(|| Some(format!("{}/deployments", self.repository.url)));
        Deployment {
            id: self.id,
            title,
            tag: None,
            commit: Some(self.commit_oid),
            created_at: self.created_at.0,
            state,
            web_page: page,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn at_most_ten_environments_are_shown() {
        let shown = |count: u32| Environments((1..=count).map(|pr| format!("pr-{pr}")).collect()).to_string();
        assert_eq!(shown(2), "pr-1, pr-2");
        assert!(shown(500).ends_with(", pr-9, pr-10 and others"), "{}", shown(500));
    }

    #[test]
    fn an_empty_log_url_does_not_hide_a_later_one() {
        let web_page = |log_urls: [&str; 2]| {
            let status =
                |url: &str| json!({ "state": "SUCCESS", "createdAt": "2026-11-02T10:00:00Z", "logUrl": url });
            let response = json!({
                "id": "D1",
                "commitOid": "0123456789abcdef",
                "createdAt": "2026-11-02T09:00:00Z",
                "environment": "production",
                "repository": { "url": "https://github.com/acme/shop" },
                "statuses": {
                    "nodes": log_urls.map(status),
                    "pageInfo": { "hasNextPage": false, "endCursor": null },
                },
            });
            serde_json::from_value::<DeploymentResponse>(response)
                .unwrap()
                .into_deployment()
                .web_page
                .unwrap()
        };

        assert_eq!(web_page(["", "https://ci.example.com/7"]), "https://ci.example.com/7");
        assert_eq!(web_page(["", ""]), "https://github.com/acme/shop/deployments");
    }
}
