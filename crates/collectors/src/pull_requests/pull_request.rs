//! A pull request with its history, as the metrics see it. `docs/metrics.md` defines the metrics.

use std::time::SystemTime;

use crate::github::Account;

/// A pull request. All instants are those that GitHub recorded, except where noted.
#[derive(Debug, Clone)]
pub(super) struct PullRequest {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) web_page: String,
    pub(super) author: Account,
    pub(super) created_at: SystemTime,
    /// When anything about it last changed. No other instant that GitHub recorded is later.
    pub(super) updated_at: SystemTime,
    /// The last time it was closed or merged. `None` while it is open.
    pub(super) closed_at: Option<SystemTime>,
    pub(super) merged_at: Option<SystemTime>,
    pub(super) is_draft: bool,
    /// The number of lines added and removed.
    pub(super) lines: u64,
    /// The events, reviews and comments. `None` if the pull request was last updated so long ago that they do not matter.
    pub(super) history: Option<History>,
}

/// What happened to a pull request.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    pub(super) events: Vec<Event>,
    /// The submitted reviews.
    pub(super) reviews: Vec<Review>,
    pub(super) comments: Vec<Comment>,
    /// The committer's date of the last commit, which comes from the committer's clock.
    pub(super) last_commit: Option<SystemTime>,
}

/// Something that happened at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: SystemTime,
    pub(super) kind: EventKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    ReadyForReview,
    ConvertedToDraft,
    Closed,
    Reopened,
    ForcePushed,
}

/// A submitted review.
#[derive(Debug, Clone)]
pub(super) struct Review {
    pub(super) author: Account,
    pub(super) submitted_at: SystemTime,
    /// The head commit that was reviewed. `None` if GitHub no longer has it.
    pub(super) commit: Option<String>,
    /// The number of the review's comments on lines. They have the same author as the review.
    pub(super) comments: u64,
}

/// A comment in the conversation.
#[derive(Debug, Clone)]
pub(super) struct Comment {
    pub(super) author: Account,
    pub(super) created_at: SystemTime,
}

impl PullRequest {
    pub(super) fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// The instant at which it was closed without being merged, unless it is open again.
    pub(super) fn closed_unmerged_at(&self) -> Option<SystemTime> {
        if self.merged_at.is_none() { self.closed_at } else { None }
    }

    /// The reviews of other people, the earliest first.
    pub(super) fn reviews_by_others(&self) -> Vec<&Review> {
        let reviews = self.history.iter().flat_map(|history| &history.reviews);
        let mut reviews: Vec<_> =
            reviews.filter(|review| review.author.is_another_person(&self.author)).collect();
        reviews.sort_by_key(|review| review.submitted_at);
        reviews
    }
}
