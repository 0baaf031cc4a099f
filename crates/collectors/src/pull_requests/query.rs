//! The queries to GitHub's GraphQL API, and its answers as pull requests.

use std::time::SystemTime;

use serde::{Deserialize, Deserializer};

use super::pull_request::{Comment, Event, EventKind, History, PullRequest, Review};
use crate::github::{ActorResponse, BotLogins, Connection, Timestamp, Updated};

/// The events that change whether a pull request is ready for review, and force pushes. GitHub records no time of other pushes.
macro_rules! events {
    () => {
        "[READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, CLOSED_EVENT, REOPENED_EVENT, HEAD_REF_FORCE_PUSHED_EVENT]"
    };
}

/// What is read of each review, comment and event.
macro_rules! fragments {
    () => {
        "
fragment Review on PullRequestReview {
  author { __typename login } state submittedAt commit { oid } comments { totalCount }
}
fragment Comment on IssueComment { author { __typename login } createdAt }
fragment Event on PullRequestTimelineItems {
  __typename
  ... on ReadyForReviewEvent { createdAt }
  ... on ConvertToDraftEvent { createdAt }
  ... on ClosedEvent { createdAt }
  ... on ReopenedEvent { createdAt }
  ... on HeadRefForcePushedEvent { createdAt }
}"
    };
}

/// The lists of pull requests: `changed` starts with the one that was updated last. `old` has only open ones, and starts with
/// the one that was not updated for the longest time.
pub(super) const LISTS: &str = concat!(
    "
query PullRequests(
  $owner: String!, $name: String!
  $withChanged: Boolean!, $changedFirst: Int!, $changedAfter: String
  $withOld: Boolean!, $oldFirst: Int!, $oldAfter: String
) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    url
    open: pullRequests(states: OPEN) { totalCount }
    changed: pullRequests(
      first: $changedFirst, after: $changedAfter, orderBy: { field: UPDATED_AT, direction: DESC }
    ) @include(if: $withChanged) {
      pageInfo { hasNextPage endCursor }
      nodes {
        ...Fields
        reviews(first: 100) { pageInfo { hasNextPage endCursor } nodes { ...Review } }
        comments(first: 100) { pageInfo { hasNextPage endCursor } nodes { ...Comment } }
        timelineItems(first: 100, itemTypes: ",
    events!(),
    ") { pageInfo { hasNextPage endCursor } nodes { ...Event } }
        commits(last: 1) { nodes { commit { committedDate } } }
      }
    }
    old: pullRequests(
      states: OPEN, first: $oldFirst, after: $oldAfter, orderBy: { field: UPDATED_AT, direction: ASC }
    ) @include(if: $withOld) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Fields }
    }
  }
}
fragment Fields on PullRequest {
  number title url author { __typename login }
  createdAt updatedAt closedAt mergedAt isDraft additions deletions
}",
    fragments!()
);

/// The next pages of the reviews, comments and events of one pull request.
pub(super) const HISTORY: &str = concat!(
    "
query PullRequestHistory(
  $owner: String!, $name: String!, $number: Int!
  $withReviews: Boolean!, $reviewsAfter: String
  $withComments: Boolean!, $commentsAfter: String
  $withEvents: Boolean!, $eventsAfter: String
) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviews(first: 100, after: $reviewsAfter) @include(if: $withReviews) {
        pageInfo { hasNextPage endCursor }
        nodes { ...Review }
      }
      comments(first: 100, after: $commentsAfter) @include(if: $withComments) {
        pageInfo { hasNextPage endCursor }
        nodes { ...Comment }
      }
      timelineItems(first: 100, after: $eventsAfter, itemTypes: ",
    events!(),
    ") @include(if: $withEvents) {
        pageInfo { hasNextPage endCursor }
        nodes { ...Event }
      }
    }
  }
}",
    fragments!()
);

/// The answer to [`LISTS`].
#[derive(Debug, Deserialize)]
pub(super) struct ListsResponse {
    pub(super) repository: RepositoryResponse,
}

#[derive(Debug, Deserialize)]
pub(super) struct RepositoryResponse {
    pub(super) url: String,
    pub(super) open: Count,
    pub(super) changed: Option<Connection<ChangedPullRequest>>,
    pub(super) old: Option<Connection<PullRequestResponse>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Count {
    pub(super) total_count: u64,
}

/// See <https://docs.github.com/en/graphql/reference/objects#pullrequest>.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullRequestResponse {
    pub(super) number: u64,
    title: String,
    url: String,
    // A field with `Option::deserialize` may be null, but not missing. If missing fields were accepted, a pull request without
    // `closed_at` would be open, and a pull request without `author` would be of a deleted account.
    #[serde(deserialize_with = "Option::deserialize")]
    author: Option<ActorResponse>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(deserialize_with = "Option::deserialize")]
    closed_at: Option<Timestamp>,
    #[serde(deserialize_with = "Option::deserialize")]
    merged_at: Option<Timestamp>,
    is_draft: bool,
    additions: u64,
    deletions: u64,
}

/// A pull request with its history.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ChangedPullRequest {
    #[serde(flatten)]
    pub(super) pull_request: PullRequestResponse,
    #[serde(flatten)]
    pub(super) history: HistoryResponse,
}

/// The first page of each list in the history of a pull request, and its last commit.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryResponse {
    pub(super) reviews: Connection<ReviewResponse>,
    pub(super) comments: Connection<CommentResponse>,
    pub(super) timeline_items: Connection<EventResponse>,
    commits: CommitsResponse,
}

/// The answer to [`HISTORY`].
#[derive(Debug, Deserialize)]
pub(super) struct HistoryPageResponse {
    pub(super) repository: HistoryRepositoryResponse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryRepositoryResponse {
    pub(super) pull_request: HistoryPage,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryPage {
    pub(super) reviews: Option<Connection<ReviewResponse>>,
    pub(super) comments: Option<Connection<CommentResponse>>,
    pub(super) timeline_items: Option<Connection<EventResponse>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReviewResponse {
    #[serde(deserialize_with = "Option::deserialize")]
    author: Option<ActorResponse>,
    state: String,
    #[serde(deserialize_with = "Option::deserialize")]
    submitted_at: Option<Timestamp>,
    #[serde(deserialize_with = "Option::deserialize")]
    commit: Option<CommitResponse>,
    comments: Count,
}

#[derive(Debug, Clone, Deserialize)]
struct CommitResponse {
    oid: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentResponse {
    #[serde(deserialize_with = "Option::deserialize")]
    author: Option<ActorResponse>,
    created_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "__typename")]
pub(super) enum EventResponse {
    #[serde(rename = "ReadyForReviewEvent")]
    ReadyForReview(EventTime),
    #[serde(rename = "ConvertToDraftEvent")]
    ConvertToDraft(EventTime),
    #[serde(rename = "ClosedEvent")]
    Closed(EventTime),
    #[serde(rename = "ReopenedEvent")]
    Reopened(EventTime),
    #[serde(rename = "HeadRefForcePushedEvent")]
    HeadRefForcePushed(EventTime),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventTime {
    created_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
struct CommitsResponse {
    nodes: Vec<DatedCommit>,
}

#[derive(Debug, Clone, Deserialize)]
struct DatedCommit {
    commit: CommittedDate,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommittedDate {
    #[serde(deserialize_with = "deserialize_committers_time")]
    committed_date: Option<SystemTime>,
}

/// The time of the committer's clock, which may be wrong. A time that cannot be parsed, such as one before 1970, is left out.
fn deserialize_committers_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SystemTime>, D::Error> {
    Ok(humantime::parse_rfc3339(&String::deserialize(deserializer)?).ok())
}

impl Updated for PullRequestResponse {
    fn number(&self) -> u64 {
        self.number
    }

    fn updated_at(&self) -> SystemTime {
        self.updated_at.0
    }
}

impl Updated for ChangedPullRequest {
    fn number(&self) -> u64 {
        self.pull_request.number
    }

    fn updated_at(&self) -> SystemTime {
        self.pull_request.updated_at.0
    }
}

impl ChangedPullRequest {
    pub(super) fn into_pull_request(self, bots: &BotLogins) -> PullRequest {
        let history = self.history.into_history(bots);
        PullRequest { history: Some(history), ..self.pull_request.into_pull_request(bots) }
    }
}

impl PullRequestResponse {
    pub(super) const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether it is open, or was closed after `since`. If it was closed earlier, it counts for no metric, even if it was reviewed
    /// later.
    pub(super) fn is_open_or_closed_after(&self, since: SystemTime) -> bool {
        self.closed_at.is_none_or(|closed| closed.0 > since)
    }

    pub(super) fn into_pull_request(self, bots: &BotLogins) -> PullRequest {
        PullRequest {
            number: self.number,
            title: self.title,
            web_page: self.url,
            author: bots.account(self.author),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            closed_at: self.closed_at.map(|at| at.0),
            merged_at: self.merged_at.map(|at| at.0),
            is_draft: self.is_draft,
            lines: self.additions + self.deletions,
            history: None,
        }
    }
}

impl HistoryResponse {
    /// Adds the next page of each list.
    pub(super) fn extend(&mut self, page: HistoryPage) {
        let HistoryPage { reviews, comments, timeline_items } = page;
        extend(&mut self.reviews, reviews);
        extend(&mut self.comments, comments);
        extend(&mut self.timeline_items, timeline_items);
    }

    fn into_history(self, bots: &BotLogins) -> History {
        let comment = |comment: CommentResponse| Comment {
            author: bots.account(comment.author),
            created_at: comment.created_at.0,
        };
        let last_commit = self.commits.nodes.last().and_then(|node| node.commit.committed_date);
        History {
            events: self.timeline_items.nodes.iter().map(EventResponse::to_event).collect(),
            reviews: self.reviews.nodes.into_iter().filter_map(|review| review.into_review(bots)).collect(),
            comments: self.comments.nodes.into_iter().map(comment).collect(),
            last_commit,
        }
    }
}

fn extend<T>(known: &mut Connection<T>, page: Option<Connection<T>>) {
    if let Some(page) = page {
        known.nodes.extend(page.nodes);
        known.page_info = page.page_info;
    }
}

impl ReviewResponse {
    /// The review, if it was submitted. GitHub shows a pending review only if the token belongs to its author.
    fn into_review(self, bots: &BotLogins) -> Option<Review> {
        let submitted_at = self.submitted_at.filter(|_| self.state != "PENDING")?.0;
        Some(Review {
            author: bots.account(self.author),
            submitted_at,
            commit: self.commit.map(|commit| commit.oid),
            comments: self.comments.total_count,
        })
    }
}

impl EventResponse {
    fn to_event(&self) -> Event {
        let (kind, instant) = match self {
            Self::ReadyForReview(instant) => (EventKind::ReadyForReview, instant),
            Self::ConvertToDraft(instant) => (EventKind::ConvertedToDraft, instant),
            Self::Closed(instant) => (EventKind::Closed, instant),
            Self::Reopened(instant) => (EventKind::Reopened, instant),
            Self::HeadRefForcePushed(instant) => (EventKind::ForcePushed, instant),
        };
        Event { at: instant.created_at.0, kind }
    }
}
