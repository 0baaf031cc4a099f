//! Pushes and other changes of branches, as GitHub records them in the activity of a repository.

use std::time::{Duration, SystemTime};

use super::{account::Account, when::When};

/// A push or another change of a branch that a test adds to the activity of a repository.
#[derive(Debug, Clone)]
pub struct Activity {
    kind: &'static str,
    branch: String,
    actor: Account,
    when: When,
}

/// An item of a repository's activity.
#[derive(Debug, Clone)]
pub(super) struct StoredActivity {
    pub(super) id: u64,
    pub(super) kind: &'static str,
    pub(super) branch: String,
    pub(super) actor: Account,
    pub(super) at: SystemTime,
}

impl Activity {
    /// An activity of this kind, such as `force_push`, by `ada` on a branch, a minute ago.
    pub fn new(kind: &'static str, branch: impl Into<String>) -> Self {
        let when = When::Ago(Duration::from_mins(1));
        Self { kind, branch: branch.into(), actor: "ada".into(), when }
    }

    /// Happened this long ago.
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        self.when = When::Ago(age);
        self
    }

    /// Done by this account.
    #[must_use]
    pub fn by(mut self, actor: impl Into<Account>) -> Self {
        self.actor = actor.into();
        self
    }

    pub(super) fn store(self, id: u64, now: SystemTime) -> StoredActivity {
        let Self { kind, branch, actor, when } = self;
        StoredActivity { id, kind, branch, actor, at: when.resolve(now) }
    }
}
