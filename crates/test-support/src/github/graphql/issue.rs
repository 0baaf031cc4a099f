//! Issues.

use std::time::SystemTime;

use serde_json::Value;

use super::{
    actor::Actor,
    connection::Connection,
    field::Field,
    object::{Object, Resolved},
};
use crate::github::{issue::StoredIssue, objects::WEB, repository_data::RepositoryData};

/// An issue.
pub(super) struct Issue<'a> {
    repository: &'a RepositoryData,
    data: &'a StoredIssue,
}

/// An event that reopened an issue.
struct ReopenedEvent {
    id: String,
    at: SystemTime,
}

impl<'a> Issue<'a> {
    /// The list `issues` of a repository.
    pub(super) fn list(repository: &'a RepositoryData, field: &Field<'_>) -> Resolved<'a> {
        let (states, labels) = (field.names("states"), field.names("labels"));
        let has_label =
            |data: &StoredIssue| labels.iter().any(|label| data.labels.iter().any(|own| own == label));
        let state = |data: &StoredIssue| if data.closed.is_some() { "CLOSED" } else { "OPEN" };
        let mut found: Vec<_> = repository
            .issues
            .iter()
            .filter(|data| states.is_empty() || states.contains(&state(data)))
            .filter(|data| labels.is_empty() || has_label(data))
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

    fn id(&self) -> String {
        format!("I_{}_{}", self.repository.id, self.data.number)
    }

    /// The events of the issue. The fake knows only the events that reopened it. `None` unless the query asks for only these.
    fn timeline(&self, field: &Field<'_>) -> Option<Resolved<'a>> {
        let event =
            |(n, at): (usize, &SystemTime)| ReopenedEvent { id: format!("E_{}_{n}", self.id()), at: *at };
        let events = self.data.reopened.iter().enumerate().map(event);
        (field.names("itemTypes") == ["REOPENED_EVENT"]).then(|| Connection::resolve(field, events.collect()))
    }
}

impl Object for Issue<'_> {
    fn type_name(&self) -> &'static str {
        "Issue"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Closable", "Comment", "Node", "UniformResourceLocatable"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let data = self.data;
        Some(match field.name {
            "id" => Resolved::value(self.id()),
            "number" => Resolved::value(data.number),
            "title" => Resolved::value(&*data.title),
            "body" => Resolved::value(&*data.body),
            "url" => Resolved::value(format!("{WEB}/{}/issues/{}", self.repository.full_name, data.number)),
            "author" => Actor::resolve(&data.author),
            "state" => Resolved::value(if data.closed.is_some() { "CLOSED" } else { "OPEN" }),
            // A duplicate has the reason `DUPLICATE` only if the query sets `enableDuplicate`.
            "stateReason" => {
                let shows_duplicates = field.argument("enableDuplicate").is_some_and(|value| value == true);
                let reason = data.reason.map(|reason| match reason {
                    "DUPLICATE" if !shows_duplicates => "NOT_PLANNED",
                    reason => reason,
                });
                Resolved::value(reason)
            }
            "createdAt" => Resolved::time(data.created),
            "updatedAt" => Resolved::time(data.updated),
            "closedAt" => data.closed.map_or(Resolved::value(Value::Null), Resolved::time),
            "timelineItems" => return self.timeline(field),
            _ => return None,
        })
    }
}

impl Object for ReopenedEvent {
    fn type_name(&self) -> &'static str {
        "ReopenedEvent"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node", "IssueTimelineItems"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(&*self.id),
            "createdAt" => Resolved::time(self.at),
            _ => return None,
        })
    }
}
