//! Pull requests for tests.

use std::time::{Duration, SystemTime};

use super::pull_request::{Comment, Event, EventKind, History, PullRequest, Review};
use crate::github::Account;

/// The instant this many seconds after the start of 1970-01-02. So tests can also use earlier instants.
pub(super) fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24) + Duration::from_secs(second)
}

pub(super) fn person(login: &str) -> Account {
    Account::Person(login.to_owned())
}

/// An open pull request of `ada`, created at second 0 and never updated.
pub(super) fn pull_request(number: u64) -> PullRequest {
    PullRequest {
        number,
        title: "Sell socks".to_owned(),
        web_page: format!("https://github.com/acme/shop/pull/{number}"),
        author: person("ada"),
        created_at: at(0),
        updated_at: at(0),
        closed_at: None,
        merged_at: None,
        is_draft: false,
        lines: 0,
        history: Some(History::default()),
    }
}

pub(super) fn event(second: u64, kind: EventKind) -> Event {
    Event { at: at(second), kind }
}

pub(super) fn review(second: u64, author: Account, commit: &str) -> Review {
    Review { author, submitted_at: at(second), commit: Some(commit.to_owned()), comments: 0 }
}

pub(super) fn comment(second: u64, author: Account) -> Comment {
    Comment { author, created_at: at(second) }
}
