//! Reads the issues that were updated since an instant, and the number of open issues, from GitHub. `ChangedList` says why no
//! issue is missed. Unlike the REST API's list of issues, this list has no pull requests.

use std::time::SystemTime;

use anyhow::Context as _;
use serde::Deserialize;

use super::{Issues, issue::IssueResponse};
use crate::github::{BotLogins, ChangedList, Connection, GitHubRepository};

/// The number of issues on a page: the maximum that GitHub allows.
const PAGE_SIZE: u32 = 100;

const ISSUES: &str = "
query Issues($owner: String!, $name: String!, $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    url
    hasIssuesEnabled
    open: issues(states: OPEN) { totalCount }
    changed: issues(first: $first, after: $after, orderBy: { field: UPDATED_AT, direction: DESC }) {
      pageInfo { hasNextPage endCursor }
      nodes { number title url author { __typename login } createdAt updatedAt closedAt stateReason }
    }
  }
}";

#[derive(Debug, Deserialize)]
struct IssuesResponse {
    repository: RepositoryResponse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryResponse {
    url: String,
    has_issues_enabled: bool,
    open: Count,
    changed: Connection<IssueResponse>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    total_count: u64,
}

/// The issues that were updated after `since`, and the number of all open issues. `None` if issues are turned off.
pub(super) async fn read(
    repository: &GitHubRepository,
    since: SystemTime,
    bots: &BotLogins,
) -> anyhow::Result<Option<Issues>> {
    let issues = read_list(repository, since, bots).await;
    issues.with_context(|| format!("cannot list the issues of {}", repository.name()))
}

async fn read_list(
    repository: &GitHubRepository,
    since: SystemTime,
    bots: &BotLogins,
) -> anyhow::Result<Option<Issues>> {
    let mut list = ChangedList::new(since, repository.github().max_items());
    let mut size = PAGE_SIZE;
    loop {
        let mut latest = None;
        while let Some(next) = list.next_page() {
            let response = repository.query_page::<IssuesResponse>(ISSUES, next, &mut size).await?.repository;
            if !response.has_issues_enabled {
                return Ok(None);
            }
            list.add(response.changed)?;
            latest = Some((response.url, response.open.total_count));
            list.count_request();
        }
        if let Some((url, open)) = latest.filter(|_| list.is_settled()) {
            let issues = list.into_items().into_values().map(|issue| issue.into_issue(bots)).collect();
            return Ok(Some(Issues::new(format!("{url}/issues"), open, issues)));
        }
        list.start_pass()?;
    }
}
