//! Pull requests, with their reviews, comments and events.

use serde_json::Value;

use super::{
    actor::Actor,
    connection::Connection,
    field::Field,
    object::{Object, Resolved},
    types::{Commit, PullRequest, Ref, Repository},
};
use crate::github::{
    commit::StoredCommit,
    objects::WEB,
    pull_request::{Event as StoredEvent, HeadCommit, StoredComment, StoredPullRequest, StoredReview},
    repository_data::RepositoryData,
};

struct Review<'a> {
    data: &'a StoredReview,
    id: String,
}

struct Comment<'a> {
    data: &'a StoredComment,
    id: String,
}

struct Event<'a> {
    data: &'a StoredEvent,
    id: String,
}

/// A commit as a part of a pull request.
struct PullRequestCommit<'a> {
    data: &'a HeadCommit,
}

/// The commit of a [`PullRequestCommit`] or of a review.
struct BranchCommit<'a> {
    data: &'a HeadCommit,
}

/// A label, by its name.
struct Label<'a>(&'a String);

/// A fork, of which only the name is known.
struct Fork<'a>(&'a String);

/// A comment on a line of code. Only the number of such comments is known.
struct ReviewComment;

impl<'a> PullRequest<'a> {
    /// The list `pullRequests` of a repository.
    pub(super) fn list(repository: &'a RepositoryData, field: &Field<'_>) -> Resolved<'a> {
        let states = field.names("states");
        let mut found: Vec<_> = repository
            .pull_requests
            .iter()
            .filter(|data| states.is_empty() || states.contains(&data.state()))
            .filter(|data| field.text("baseRefName").is_none_or(|base| data.base == base))
            .map(|data| Self { repository, data })
            .collect();
        let order = field.argument("orderBy");
        if order.is_some_and(|order| order["field"] == "UPDATED_AT") {
            found.sort_by_key(|found| (found.data.updated, found.data.number));
        }
        if order.is_some_and(|order| order["direction"] == "DESC") {
            found.reverse();
        }
        Connection::resolve(field, found)
    }

    /// The pull requests that GitHub associates with a commit.
    pub(super) fn associated_with(
        repository: &'a RepositoryData,
        commit: &StoredCommit,
        field: &Field<'_>,
    ) -> Resolved<'a> {
        let is_associated = |data: &&StoredPullRequest| {
            commit.pull_requests.contains(&data.number) || data.landed.contains(&commit.sha)
        };
        let found = repository.pull_requests.iter().filter(is_associated);
        Connection::resolve(field, found.map(|data| Self { repository, data }).collect())
    }

    /// The pull request with the number that the query asks for.
    pub(super) fn numbered(repository: &'a RepositoryData, field: &Field<'_>) -> Resolved<'a> {
        let number = field.integer("number").unwrap_or_default();
        match repository.pull_requests.iter().find(|data| data.number == number) {
            Some(data) => Resolved::object(Self { repository, data }),
            None => Resolved::error(
                "NOT_FOUND",
                format!("Could not resolve to a PullRequest with the number of {number}."),
            ),
        }
    }

    fn id(&self) -> String {
        format!("PR_{}_{}", self.repository.id, self.data.number)
    }

    fn reviews(&self, field: &Field<'_>) -> Resolved<'a> {
        let review = |(n, data)| Review { data, id: format!("PRR_{}_{n}", self.id()) };
        Connection::resolve(field, self.data.reviews.iter().enumerate().map(review).collect())
    }

    fn comments(&self, field: &Field<'_>) -> Resolved<'a> {
        let comment = |(n, data)| Comment { data, id: format!("IC_{}_{n}", self.id()) };
        Connection::resolve(field, self.data.comments.iter().enumerate().map(comment).collect())
    }

    fn timeline(&self, field: &Field<'_>) -> Resolved<'a> {
        let types = field.names("itemTypes");
        let events = self.data.events.iter().enumerate().filter(|(_, event)| {
            types.is_empty()
                || types.iter().any(|name| name.replace('_', "").eq_ignore_ascii_case(event.type_name))
        });
        let event = |(n, data)| Event { data, id: format!("E_{}_{n}", self.id()) };
        Connection::resolve(field, events.map(event).collect())
    }
}

impl Object for PullRequest<'_> {
    fn type_name(&self) -> &'static str {
        "PullRequest"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Closable", "Comment", "Node", "UniformResourceLocatable"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let data = self.data;
        let optional = |time: Option<_>| time.map_or(Resolved::value(Value::Null), Resolved::time);
        Some(match field.name {
            "id" => Resolved::value(self.id()),
            "number" => Resolved::value(data.number),
            "title" => Resolved::value(&*data.title),
            "url" => Resolved::value(format!("{WEB}/{}/pull/{}", self.repository.full_name, data.number)),
            "author" => Actor::resolve(&data.author),
            "state" => Resolved::value(data.state()),
            "closed" => Resolved::value(data.closed.is_some()),
            "merged" => Resolved::value(data.merged.is_some()),
            "isDraft" => Resolved::value(data.is_draft),
            "createdAt" => Resolved::time(data.created),
            "updatedAt" => Resolved::time(data.updated),
            "closedAt" => optional(data.closed),
            "mergedAt" => optional(data.merged),
            "additions" => Resolved::value(data.added),
            "deletions" => Resolved::value(data.deleted),
            "baseRefName" => Resolved::value(&*data.base),
            "baseRef" => Resolved::optional(Ref::find(self.repository, &data.base)),
            "baseRepository" => match &data.base_repository {
                Some(fork) => Resolved::object(Fork(fork)),
                None => Resolved::object(Repository { data: self.repository }),
            },
            "labels" => Connection::resolve(field, data.labels.iter().map(Label).collect()),
            "headRefName" => Resolved::value(format!("change-{}", data.number)),
            "mergeCommit" => {
                Resolved::optional(data.landed.last().and_then(|sha| Commit::at(self.repository, sha)))
            }
            "headRefOid" => Resolved::value(&*data.head.sha),
            "headRepository" if data.has_head_repository => {
                Resolved::object(Repository { data: self.repository })
            }
            "headRepository" => Resolved::value(Value::Null),
            "reviews" => self.reviews(field),
            "comments" => self.comments(field),
            "timelineItems" => self.timeline(field),
            "commits" => Connection::resolve(field, vec![PullRequestCommit { data: &data.head }]),
            _ => return None,
        })
    }
}

impl Object for Review<'_> {
    fn type_name(&self) -> &'static str {
        "PullRequestReview"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Comment", "Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let data = self.data;
        Some(match field.name {
            "id" => Resolved::value(&*self.id),
            "author" => Actor::resolve(&data.author),
            "state" => Resolved::value(data.state),
            "submittedAt" => data.submitted.map_or(Resolved::value(Value::Null), Resolved::time),
            "commit" => Resolved::optional(data.commit.as_ref().map(|data| BranchCommit { data })),
            "comments" => {
                let comments = (0..data.comments).map(|_| ReviewComment).collect();
                Connection::resolve(field, comments)
            }
            _ => return None,
        })
    }
}

impl Object for Label<'_> {
    fn type_name(&self) -> &'static str {
        "Label"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "name" => Resolved::value(self.0.as_str()),
            _ => return None,
        })
    }
}

impl Object for Fork<'_> {
    fn type_name(&self) -> &'static str {
        "Repository"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(format!("R_{}", self.0)),
            "nameWithOwner" => Resolved::value(self.0.as_str()),
            _ => return None,
        })
    }
}

impl Object for Comment<'_> {
    fn type_name(&self) -> &'static str {
        "IssueComment"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Comment", "Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(&*self.id),
            "author" => Actor::resolve(&self.data.author),
            "createdAt" => Resolved::time(self.data.at),
            _ => return None,
        })
    }
}

impl Object for Event<'_> {
    fn type_name(&self) -> &'static str {
        self.data.type_name
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node", "PullRequestTimelineItems"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(&*self.id),
            "createdAt" => Resolved::time(self.data.at),
            _ => return None,
        })
    }
}

impl Object for PullRequestCommit<'_> {
    fn type_name(&self) -> &'static str {
        "PullRequestCommit"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(format!("PRC_{}", self.data.sha)),
            "commit" => Resolved::object(BranchCommit { data: self.data }),
            _ => return None,
        })
    }
}

impl Object for BranchCommit<'_> {
    fn type_name(&self) -> &'static str {
        "Commit"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["GitObject", "Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(format!("C_{}", self.data.sha)),
            "oid" => Resolved::value(&*self.data.sha),
            "committedDate" | "authoredDate" => Resolved::time(self.data.committed),
            _ => return None,
        })
    }
}

impl Object for ReviewComment {
    fn type_name(&self) -> &'static str {
        "PullRequestReviewComment"
    }

    fn resolve(&self, _field: &Field<'_>) -> Option<Resolved<'_>> {
        None
    }
}
