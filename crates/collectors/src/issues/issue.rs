//! An issue in GitHub's answers, and when it was opened and closed.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::github::{Account, ActorResponse, BotLogins, Timestamp, Updated};

/// See <https://docs.github.com/en/graphql/reference/objects#issue>.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssueResponse {
    number: u64,
    title: String,
    url: String,
    // A field with `Option::deserialize` may be null, but not missing. If missing fields were accepted, an issue without
    // `closed_at` would be open, and an issue without `author` would be of a deleted account.
    #[serde(deserialize_with = "Option::deserialize")]
    author: Option<ActorResponse>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(deserialize_with = "Option::deserialize")]
    closed_at: Option<Timestamp>,
    #[serde(deserialize_with = "Option::deserialize")]
    state_reason: Option<StateReason>,
}

/// Why an issue is closed or open. Unless the query sets `enableDuplicate`, GitHub returns `NOT_PLANNED` for a duplicate.
/// See <https://docs.github.com/en/graphql/reference/enums#issuestatereason>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum StateReason {
    Completed,
    Duplicate,
    NotPlanned,
    Reopened,
}

/// An issue.
#[derive(Debug, Clone)]
pub(super) struct Issue {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) web_page: String,
    pub(super) author: Account,
    pub(super) created_at: SystemTime,
    /// The last closing. `None` while it is open.
    pub(super) closed_at: Option<SystemTime>,
    pub(super) state_reason: Option<StateReason>,
}

impl Updated for IssueResponse {
    fn number(&self) -> u64 {
        self.number
    }

    fn updated_at(&self) -> SystemTime {
        self.updated_at.0
    }
}

impl IssueResponse {
    pub(super) fn into_issue(self, bots: &BotLogins) -> Issue {
        Issue {
            number: self.number,
            title: self.title,
            web_page: self.url,
            author: bots.account(self.author),
            created_at: self.created_at.0,
            closed_at: self.closed_at.map(|at| at.0),
            state_reason: self.state_reason,
        }
    }
}

impl Issue {
    /// The time from the creation to the last closing, or why the issue does not count. `closed_at` is the last closing.
    pub(super) fn time_to_close(&self, closed_at: SystemTime) -> Result<Duration, String> {
        if let Account::Bot(login) = &self.author {
            return Err(format!("it was opened by the bot `{login}`"));
        }
        match self.state_reason {
            Some(StateReason::NotPlanned) => Err("it was closed as not planned or as a duplicate".to_owned()),
            Some(StateReason::Duplicate) => Err("it was closed as a duplicate".to_owned()),
            // `None`: GitHub has recorded reasons only since 2022.
            Some(StateReason::Completed | StateReason::Reopened) | None => {
                Ok(closed_at.duration_since(self.created_at).unwrap_or_default())
            }
        }
    }
}
