//! Incidents in production: issues with one of the labels in the settings.

use std::time::SystemTime;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::json;

use crate::github::{ChangedList, Connection, GitHubError, GitHubRepository, NextPage, Timestamp, Updated};

/// The number of issues on a page. GitHub does not allow more.
const PAGE_SIZE: u32 = 100;

/// A duplicate has the reason `DUPLICATE` only if the query sets `enableDuplicate`.
const INCIDENTS: &str = "
query Incidents($owner: String!, $name: String!, $labels: [String!], $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    issues(labels: $labels, first: $first, after: $after, orderBy: { field: UPDATED_AT, direction: DESC }) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number title url body createdAt updatedAt closedAt stateReason(enableDuplicate: true)
        timelineItems(last: 1, itemTypes: [REOPENED_EVENT]) { nodes { ... on ReopenedEvent { createdAt } } }
      }
    }
  }
}";

#[derive(Debug, Deserialize)]
struct Response {
    repository: RepositoryResponse,
}

#[derive(Debug, Deserialize)]
struct RepositoryResponse {
    issues: Connection<IncidentResponse>,
}

/// See <https://docs.github.com/en/graphql/reference/issues>.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IncidentResponse {
    number: u64,
    title: String,
    url: String,
    body: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    // A field with `Option::deserialize` may be null, but not missing. If a missing `closed_at` were accepted, the incident would
    // seem to be open.
    #[serde(deserialize_with = "Option::deserialize")]
    closed_at: Option<Timestamp>,
    #[serde(deserialize_with = "Option::deserialize")]
    state_reason: Option<String>,
    /// The last time that the issue was reopened, if it was reopened at all.
    timeline_items: ReopenedEvents,
}

#[derive(Debug, Clone, Deserialize)]
struct ReopenedEvents {
    nodes: Vec<ReopenedEvent>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReopenedEvent {
    created_at: Timestamp,
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Incident {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) web_page: String,
    pub(super) body: String,
    pub(super) created_at: SystemTime,
    /// When it was last closed. `None` if it is open.
    pub(super) closed_at: Option<SystemTime>,
    /// When it was last reopened.
    pub(super) reopened_at: Option<SystemTime>,
    /// Whether it was closed as not planned or as a duplicate, and so is not an incident.
    pub(super) is_dismissed: bool,
}

impl Updated for IncidentResponse {
    fn number(&self) -> u64 {
        self.number
    }

    fn updated_at(&self) -> SystemTime {
        self.updated_at.0
    }
}

impl IncidentResponse {
    fn into_incident(self) -> Incident {
        let is_dismissed = matches!(self.state_reason.as_deref(), Some("NOT_PLANNED" | "DUPLICATE"));
        Incident {
            number: self.number,
            title: self.title,
            web_page: self.url,
            body: self.body,
            created_at: self.created_at.0,
            closed_at: self.closed_at.map(|at| at.0),
            reopened_at: self.timeline_items.nodes.last().map(|event| event.created_at.0),
            is_dismissed,
        }
    }
}

/// The issues that have any of the labels and were updated after `since`, each once. Each label has its own queries, because
/// GitHub does not document whether a query with several labels finds the issues with all of them or with any.
pub(super) async fn read(
    repository: &GitHubRepository,
    labels: &[String],
    since: SystemTime,
) -> anyhow::Result<Vec<Incident>> {
    let mut incidents: Vec<Incident> = Vec::new();
    for label in labels {
        let read = read_label(repository, label, since).await;
        let read = read.with_context(|| format!("cannot list the incidents of {}", repository.name()))?;
        let is_new = |found: &Incident| incidents.iter().all(|known| known.number != found.number);
        let new: Vec<_> = read.into_iter().filter(is_new).collect();
        incidents.extend(new);
    }
    Ok(incidents)
}

async fn read_label(
    repository: &GitHubRepository,
    label: &str,
    since: SystemTime,
) -> anyhow::Result<Vec<Incident>> {
    let mut list = ChangedList::new(since, repository.github().max_items());
    let mut page_size = PAGE_SIZE;
    loop {
        while let Some(next) = list.next_page() {
            let response = request(repository, label, next, &mut page_size).await?;
            list.add(response.issues)?;
            list.count_request();
        }
        if list.is_settled() {
            return Ok(list.into_items().into_values().map(IncidentResponse::into_incident).collect());
        }
        list.start_pass()?;
    }
}

async fn request(
    repository: &GitHubRepository,
    label: &str,
    next: &NextPage,
    page_size: &mut u32,
) -> Result<RepositoryResponse, GitHubError> {
    let variables = |page_size: u32| {
        json!({
            "labels": [label],
            "first": page_size,
            "after": next.cursor(),
        })
    };
    let response = repository.query_sized::<Response>(INCIDENTS, page_size, variables).await?;
    Ok(response.repository)
}
