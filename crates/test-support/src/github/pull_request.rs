//! Pull requests, as tests describe them and as the fake stores them.

use std::time::{Duration, SystemTime};

use super::{account::Account, commit::sha, when::When};

/// A pull request that a test opens in a [`Repository`](super::Repository). By default, `ada` opened it a day ago from a branch
/// of the repository to the default branch, ready for review, with one added line. Ages count from the fake's clock.
#[derive(Debug, Clone)]
pub struct PullRequest {
    title: String,
    author: Account,
    created: When,
    is_draft: bool,
    base: Option<String>,
    base_repository: Option<String>,
    labels: Vec<String>,
    has_head_repository: bool,
    lines: (u64, u64),
    history: Vec<(When, Activity)>,
    landed: Vec<String>,
}

/// A review that a test adds to a [`PullRequest`]. By default, it approves the newest commit, without comments.
#[derive(Debug, Clone)]
pub struct Review {
    pub(super) author: Account,
    pub(super) state: &'static str,
    pub(super) comments: u64,
    has_commit: bool,
}

#[derive(Debug, Clone)]
enum Activity {
    Ready,
    ConvertToDraft,
    Close,
    Reopen,
    Merge,
    Push { is_forced: bool, committed: Option<When> },
    Review(Review),
    Comment(Account),
    Label,
}

/// A pull request of a repository.
#[derive(Debug, Clone)]
pub(super) struct StoredPullRequest {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) author: Account,
    pub(super) base: String,
    /// The fork that it was opened for, if it was not opened for this repository.
    pub(super) base_repository: Option<String>,
    pub(super) labels: Vec<String>,
    pub(super) has_head_repository: bool,
    pub(super) added: u64,
    pub(super) deleted: u64,
    pub(super) created: SystemTime,
    pub(super) updated: SystemTime,
    pub(super) closed: Option<SystemTime>,
    pub(super) merged: Option<SystemTime>,
    pub(super) is_draft: bool,
    pub(super) events: Vec<Event>,
    pub(super) reviews: Vec<StoredReview>,
    pub(super) comments: Vec<StoredComment>,
    pub(super) head: HeadCommit,
    /// The commits that the pull request became on its base branch. The last one is its merge commit.
    pub(super) landed: Vec<String>,
}

/// An event of the timeline, by the name of its type.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) type_name: &'static str,
    pub(super) at: SystemTime,
}

#[derive(Debug, Clone)]
pub(super) struct StoredReview {
    pub(super) author: Account,
    pub(super) state: &'static str,
    pub(super) submitted: Option<SystemTime>,
    pub(super) comments: u64,
    /// `None` if GitHub no longer has the commit.
    pub(super) commit: Option<HeadCommit>,
}

#[derive(Debug, Clone)]
pub(super) struct StoredComment {
    pub(super) author: Account,
    pub(super) at: SystemTime,
}

/// A commit of the pull request's branch.
#[derive(Debug, Clone)]
pub(super) struct HeadCommit {
    pub(super) sha: String,
    pub(super) committed: SystemTime,
}

impl PullRequest {
    /// A pull request with this title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            author: "ada".into(),
            created: When::Ago(Duration::from_hours(24)),
            is_draft: false,
            base: None,
            base_repository: None,
            labels: Vec::new(),
            has_head_repository: true,
            lines: (1, 0),
            history: Vec::new(),
            landed: Vec::new(),
        }
    }

    /// Opened this long ago.
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        self.created = When::Ago(age);
        self
    }

    /// Opened by this account.
    #[must_use]
    pub fn by(mut self, author: impl Into<Account>) -> Self {
        self.author = author.into();
        self
    }

    /// Opened as a draft.
    #[must_use]
    pub const fn draft(mut self) -> Self {
        self.is_draft = true;
        self
    }

    /// To this branch.
    #[must_use]
    pub fn base(mut self, branch: impl Into<String>) -> Self {
        self.base = Some(branch.into());
        self
    }

    /// To a branch of the fork with this name. GitHub also associates such a pull request with its commits in this
    /// repository.
    #[must_use]
    pub fn to_fork(mut self, full_name: impl Into<String>) -> Self {
        self.base_repository = Some(full_name.into());
        self
    }

    /// With a label.
    #[must_use]
    pub fn labelled(mut self, name: impl Into<String>) -> Self {
        self.labels.push(name.into());
        self
    }

    /// From a fork that no longer exists.
    #[must_use]
    pub const fn from_deleted_fork(mut self) -> Self {
        self.has_head_repository = false;
        self
    }

    /// With this many added and deleted lines.
    #[must_use]
    pub const fn lines(mut self, added: u64, deleted: u64) -> Self {
        self.lines = (added, deleted);
        self
    }

    /// Marked as ready for review this long ago.
    #[must_use]
    pub fn ready(self, age: Duration) -> Self {
        self.then(age, Activity::Ready)
    }

    /// Made a draft this long ago.
    #[must_use]
    pub fn convert_to_draft(self, age: Duration) -> Self {
        self.then(age, Activity::ConvertToDraft)
    }

    /// Closed this long ago.
    #[must_use]
    pub fn close(self, age: Duration) -> Self {
        self.then(age, Activity::Close)
    }

    /// Reopened this long ago.
    #[must_use]
    pub fn reopen(self, age: Duration) -> Self {
        self.then(age, Activity::Reopen)
    }

    /// Merged this long ago.
    #[must_use]
    pub fn merge(self, age: Duration) -> Self {
        self.then(age, Activity::Merge)
    }

    /// A commit was made and pushed this long ago.
    #[must_use]
    pub fn push(self, age: Duration) -> Self {
        self.then(age, Activity::Push { is_forced: false, committed: None })
    }

    /// A commit was pushed this long ago. The committer's clock, which may be wrong, dated it `committed`.
    #[must_use]
    pub fn push_committed_at(self, age: Duration, committed: SystemTime) -> Self {
        self.then(age, Activity::Push { is_forced: false, committed: Some(When::At(committed)) })
    }

    /// The commits of the branch were replaced by another commit this long ago.
    #[must_use]
    pub fn force_push(self, age: Duration) -> Self {
        self.then(age, Activity::Push { is_forced: true, committed: None })
    }

    /// Reviewed this long ago.
    #[must_use]
    pub fn review(self, age: Duration, review: impl Into<Review>) -> Self {
        self.then(age, Activity::Review(review.into()))
    }

    /// Commented on in the conversation this long ago.
    #[must_use]
    pub fn comment(self, age: Duration, by: impl Into<Account>) -> Self {
        self.then(age, Activity::Comment(by.into()))
    }

    /// Labelled this long ago: adds an event to the timeline, but no label.
    #[must_use]
    pub fn label(self, age: Duration) -> Self {
        self.then(age, Activity::Label)
    }

    /// The pull request became these commits of its base branch: one if it was squashed, and several if it was rebased.
    #[must_use]
    pub fn landed_as<T: Into<String>>(mut self, commits: impl IntoIterator<Item = T>) -> Self {
        self.landed = commits.into_iter().map(Into::into).collect();
        self
    }

    fn then(mut self, age: Duration, activity: Activity) -> Self {
        self.history.push((When::Ago(age), activity));
        self
    }

    /// Stores the pull request under a number. `next_commit` returns the number of a new commit.
    pub(super) fn store(
        self,
        number: u64,
        default_branch: &str,
        now: SystemTime,
        mut next_commit: impl FnMut() -> u64,
    ) -> StoredPullRequest {
        let created = self.created.resolve(now);
        let head = HeadCommit { sha: sha(next_commit()), committed: created };
        let mut stored = StoredPullRequest {
            number,
            title: self.title,
            author: self.author,
            base: self.base.unwrap_or_else(|| default_branch.to_owned()),
            base_repository: self.base_repository,
            labels: self.labels,
            has_head_repository: self.has_head_repository,
            added: self.lines.0,
            deleted: self.lines.1,
            created,
            updated: created,
            closed: None,
            merged: None,
            is_draft: self.is_draft,
            events: Vec::new(),
            reviews: Vec::new(),
            comments: Vec::new(),
            head,
            landed: self.landed,
        };
        let mut history: Vec<_> =
            self.history.into_iter().map(|(when, activity)| (when.resolve(now), activity)).collect();
        history.sort_by_key(|(at, _)| *at);
        for (at, activity) in history {
            stored.updated = stored.updated.max(at);
            stored.add(at, activity, now, &mut next_commit);
        }
        stored
    }
}

impl Review {
    /// A review by this account.
    pub fn new(author: impl Into<Account>) -> Self {
        Self { author: author.into(), state: "APPROVED", comments: 0, has_commit: true }
    }

    /// With this state, such as `CHANGES_REQUESTED`. A `PENDING` review has not been submitted.
    #[must_use]
    pub const fn state(mut self, state: &'static str) -> Self {
        self.state = state;
        self
    }

    /// With this many comments on lines.
    #[must_use]
    pub const fn comments(mut self, comments: u64) -> Self {
        self.comments = comments;
        self
    }

    /// Of a commit that GitHub no longer has.
    #[must_use]
    pub const fn of_lost_commit(mut self) -> Self {
        self.has_commit = false;
        self
    }
}

impl From<&str> for Review {
    fn from(author: &str) -> Self {
        Self::new(author)
    }
}

impl StoredPullRequest {
    /// The state as GitHub names it.
    pub(super) const fn state(&self) -> &'static str {
        match (self.merged, self.closed) {
            (Some(_), _) => "MERGED",
            (None, Some(_)) => "CLOSED",
            (None, None) => "OPEN",
        }
    }

    fn add(
        &mut self,
        at: SystemTime,
        activity: Activity,
        now: SystemTime,
        next_commit: &mut impl FnMut() -> u64,
    ) {
        let mut event = |type_name| self.events.push(Event { type_name, at });
        match activity {
            Activity::Ready => {
                event("ReadyForReviewEvent");
                self.is_draft = false;
            }
            Activity::ConvertToDraft => {
                event("ConvertToDraftEvent");
                self.is_draft = true;
            }
            Activity::Close => {
                event("ClosedEvent");
                self.closed = Some(at);
            }
            Activity::Reopen => {
                event("ReopenedEvent");
                self.closed = None;
            }
            Activity::Merge => {
                event("MergedEvent");
                event("ClosedEvent");
                (self.merged, self.closed) = (Some(at), Some(at));
            }
            Activity::Push { is_forced, committed } => {
                if is_forced {
                    event("HeadRefForcePushedEvent");
                }
                let committed = committed.map_or(at, |when| when.resolve(now));
                self.head = HeadCommit { sha: sha(next_commit()), committed };
            }
            Activity::Review(review) => self.reviews.push(StoredReview {
                author: review.author,
                state: review.state,
                submitted: (review.state != "PENDING").then_some(at),
                comments: review.comments,
                commit: review.has_commit.then(|| self.head.clone()),
            }),
            Activity::Comment(author) => self.comments.push(StoredComment { author, at }),
            Activity::Label => event("LabeledEvent"),
        }
    }
}
