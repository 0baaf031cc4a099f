//! Issues, as tests describe them and as the fake stores them.

use std::time::{Duration, SystemTime};

use super::{account::Account, when::When};

/// An issue that a test opens in a [`Repository`](super::Repository). By default, `ada` opened it a day ago. Ages count from the
/// fake's clock.
#[derive(Debug, Clone)]
pub struct Issue {
    title: String,
    body: String,
    labels: Vec<String>,
    author: Account,
    created: When,
    /// The times at which it was closed, reopened or touched, in any order.
    changed: Vec<When>,
    closed: Option<When>,
    reopened: Vec<When>,
    reason: Option<&'static str>,
}

/// An issue of a repository.
#[derive(Debug, Clone)]
pub(super) struct StoredIssue {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) labels: Vec<String>,
    pub(super) author: Account,
    pub(super) created: SystemTime,
    pub(super) updated: SystemTime,
    pub(super) closed: Option<SystemTime>,
    /// The times at which it was reopened.
    pub(super) reopened: Vec<SystemTime>,
    pub(super) reason: Option<&'static str>,
}

impl Issue {
    /// An issue with this title.
    pub fn new(title: impl Into<String>) -> Self {
        let created = When::Ago(Duration::from_hours(24));
        Self {
            title: title.into(),
            body: String::new(),
            labels: Vec::new(),
            author: "ada".into(),
            created,
            changed: Vec::new(),
            closed: None,
            reopened: Vec::new(),
            reason: None,
        }
    }

    /// Opened this long ago.
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        self.created = When::Ago(age);
        self
    }

    /// With this text.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// With this label.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.labels.push(label.into());
        self
    }

    /// Opened by this account.
    #[must_use]
    pub fn by(mut self, author: impl Into<Account>) -> Self {
        self.author = author.into();
        self
    }

    /// Closed this long ago as completed.
    #[must_use]
    pub fn close(self, age: Duration) -> Self {
        self.close_as(age, Some("COMPLETED"))
    }

    /// Closed this long ago, for a reason such as `NOT_PLANNED`. An issue that was closed before GitHub had reasons has none.
    #[must_use]
    pub fn close_as(mut self, age: Duration, reason: Option<&'static str>) -> Self {
        self.changed.push(When::Ago(age));
        (self.closed, self.reason) = (Some(When::Ago(age)), reason);
        self
    }

    /// Reopened this long ago.
    #[must_use]
    pub fn reopen(mut self, age: Duration) -> Self {
        self.changed.push(When::Ago(age));
        self.reopened.push(When::Ago(age));
        (self.closed, self.reason) = (None, Some("REOPENED"));
        self
    }

    /// Commented on or labelled this long ago.
    #[must_use]
    pub fn touch(mut self, age: Duration) -> Self {
        self.changed.push(When::Ago(age));
        self
    }

    pub(super) fn store(self, number: u64, now: SystemTime) -> StoredIssue {
        let created = self.created.resolve(now);
        StoredIssue {
            number,
            title: self.title,
            body: self.body,
            labels: self.labels,
            author: self.author,
            created,
            updated: self.changed.iter().map(|when| when.resolve(now)).fold(created, SystemTime::max),
            closed: self.closed.map(|when| when.resolve(now)),
            reopened: self.reopened.iter().map(|when| when.resolve(now)).collect(),
            reason: self.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_was_updated_when_it_changed_last() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(1_000);
        let [one, two, three] = [1, 2, 3].map(Duration::from_hours);
        let issue = Issue::new("No shoes");
        for (issue, age) in [
            (issue.clone(), Duration::from_hours(24)),
            (issue.clone().touch(two).age(three), two),
            (issue.clone().touch(one).close(two), one),
            (issue.clone().touch(one).close(three).reopen(two), one),
            (issue.close(one).touch(two), one),
        ] {
            assert_eq!(issue.clone().store(1, now).updated, now - age, "{issue:?}");
        }
    }
}
