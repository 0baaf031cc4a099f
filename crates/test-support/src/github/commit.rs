//! Commits, as tests describe them and as the fake stores them.

use std::time::{Duration, SystemTime};

use super::{account::Account, when::When};

/// A commit that a test pushes to a [`Repository`](super::Repository). A string stands for a commit with this message, made a
/// minute ago on the default branch.
#[derive(Debug, Clone)]
pub struct Commit {
    message: String,
    pub(super) branch: Option<String>,
    /// The branches whose tips are its parents. Default: the branch that it is pushed to.
    pub(super) after: Option<Vec<String>>,
    committed: When,
    authored: Option<When>,
    author: Author,
    pull_requests: Vec<u64>,
}

/// Who wrote a commit.
#[derive(Debug, Clone)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) email: String,
    /// The account to which the address belongs. `Account(None)` if it belongs to no account.
    pub(super) account: Account,
}

/// A commit of a repository, with its id and times.
#[derive(Debug, Clone)]
pub(super) struct StoredCommit {
    pub(super) sha: String,
    pub(super) parents: Vec<String>,
    pub(super) message: String,
    pub(super) committed: SystemTime,
    pub(super) authored: SystemTime,
    pub(super) author: Author,
    /// The numbers of the pull requests that GitHub associates with it.
    pub(super) pull_requests: Vec<u64>,
}

impl Commit {
    /// A commit with this message, made a minute ago on the default branch.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            branch: None,
            after: None,
            committed: When::Ago(Duration::from_mins(1)),
            authored: None,
            author: Author {
                name: "Ada Lovelace".to_owned(),
                email: "ada@example.com".to_owned(),
                account: "ada".into(),
            },
            pull_requests: Vec::new(),
        }
    }

    /// Committed this long before the fake's clock.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.committed = When::Ago(age);
        self
    }

    /// Committed at this instant.
    #[must_use]
    pub fn at(mut self, instant: SystemTime) -> Self {
        self.committed = When::At(instant);
        self
    }

    /// Authored at another time than committed, as after a rebase. GitHub's `since` ignores this time.
    #[must_use]
    pub fn authored_at(mut self, instant: SystemTime) -> Self {
        self.authored = Some(When::At(instant));
        self
    }

    /// Pushed to this branch. The first commit creates the branch.
    #[must_use]
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// Its parents are the tips of these branches, the first parent first. So a merge of `topic` is
    /// `after(["main", "topic"])`, and a new branch that starts at `main` is `branch("topic").after(["main"])`.
    /// The default is the tip of the branch that it is pushed to.
    #[must_use]
    pub fn after<T: Into<String>>(mut self, branches: impl IntoIterator<Item = T>) -> Self {
        self.after = Some(branches.into_iter().map(Into::into).collect());
        self
    }

    /// Made with an e-mail address that belongs to no GitHub account: `author` and `committer` are null.
    #[must_use]
    pub fn unknown_author(mut self) -> Self {
        self.author.account = Account(None);
        self
    }

    /// Written by this account, with this name and address in the commit.
    #[must_use]
    pub fn by(mut self, account: impl Into<Account>, name: &str, email: &str) -> Self {
        self.author = Author { name: name.to_owned(), email: email.to_owned(), account: account.into() };
        self
    }

    /// Associated with the pull request with this number.
    #[must_use]
    pub fn pull_request(mut self, number: u64) -> Self {
        self.pull_requests.push(number);
        self
    }

    pub(super) fn store(self, number: u64, now: SystemTime, parents: Vec<String>) -> StoredCommit {
        let committed = self.committed.resolve(now);
        StoredCommit {
            sha: sha(number),
            parents,
            message: self.message,
            committed,
            authored: self.authored.map_or(committed, |when| when.resolve(now)),
            author: self.author,
            pull_requests: self.pull_requests,
        }
    }
}

impl From<&str> for Commit {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for Commit {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

/// Forty hexadecimal digits, different for every number.
pub(super) fn sha(number: u64) -> String {
    // Different numbers have different products with an odd factor, so two commits never share a hash.
    let spread = u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    format!("{spread:032x}{number:08x}")
}
