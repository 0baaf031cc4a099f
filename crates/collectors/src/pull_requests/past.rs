//! What a pull request was at a past instant.
//!
//! GitHub records when it was created, merged and reviewed, and an event for each change of its state. So all of this is known
//! for a past instant. Its comments at that time are not known, because some may have been deleted since. Its last commit at
//! that time is not known either.

use std::{borrow::Cow, time::SystemTime};

use super::pull_request::{Event, EventKind, History, PullRequest};

impl PullRequest {
    /// The pull request at an instant. `None` if it did not exist yet.
    pub(super) fn at(&self, instant: SystemTime) -> Option<Cow<'_, Self>> {
        if self.created_at > instant {
            return None;
        }
        let Some(history) = self.history.as_ref().filter(|_| self.updated_at > instant) else {
            return Some(Cow::Borrowed(self));
        };
        let mut events = history.events.clone();
        events.sort_by_key(|event| event.at);
        let (before, after) = events.split_at(events.partition_point(|event| event.at <= instant));
        let is_contradicted = is_draft_after_last(&events).is_some_and(|is_draft| is_draft != self.is_draft);
        let is_draft = is_draft_after_last(before)
            .or_else(|| is_draft_after_first(after).map(|becomes_draft| !becomes_draft))
            .unwrap_or(self.is_draft);
        let happened = |at: &SystemTime| *at <= instant;
        let merged_at = self.merged_at.filter(happened);
        let closed_at = self.closed_at.filter(happened).or(merged_at).or_else(|| last_closing(before));
        Some(Cow::Owned(Self {
            title: self.title.clone(),
            web_page: self.web_page.clone(),
            author: self.author.clone(),
            updated_at: instant,
            closed_at,
            merged_at,
            // If the events contradict the present state, they must contradict the past state, too. Then the pull request is
            // excluded in both.
            is_draft: is_draft != is_contradicted,
            history: Some(History {
                events: before.to_vec(),
                reviews: history
                    .reviews
                    .iter()
                    .filter(|review| happened(&review.submitted_at))
                    .cloned()
                    .collect(),
                comments: history
                    .comments
                    .iter()
                    .filter(|comment| happened(&comment.created_at))
                    .cloned()
                    .collect(),
                last_commit: history.last_commit,
            }),
            ..*self
        }))
    }
}

/// Whether a pull request is a draft after an event. `None` if the event does not say so.
fn is_draft_after(event: &Event) -> Option<bool> {
    match event.kind {
        EventKind::ReadyForReview => Some(false),
        EventKind::ConvertedToDraft => Some(true),
        EventKind::Closed | EventKind::Reopened | EventKind::ForcePushed => None,
    }
}

/// Whether a pull request is a draft after the last of these events that says so.
fn is_draft_after_last(events: &[Event]) -> Option<bool> {
    events.iter().rev().find_map(is_draft_after)
}

/// Whether a pull request is a draft after the first of these events that says so.
fn is_draft_after_first(events: &[Event]) -> Option<bool> {
    events.iter().find_map(is_draft_after)
}

/// When the pull request was last closed by one of these events. `None` if a later one reopened it.
fn last_closing(events: &[Event]) -> Option<SystemTime> {
    let last =
        events.iter().rev().find(|event| matches!(event.kind, EventKind::Closed | EventKind::Reopened));
    last.filter(|event| event.kind == EventKind::Closed).map(|event| event.at)
}

#[cfg(test)]
mod tests {
    use super::{
        super::example::{at, event, pull_request},
        EventKind::{Closed, ConvertedToDraft, ReadyForReview, Reopened},
        *,
    };

    fn with_events(events: &[(u64, EventKind)]) -> PullRequest {
        let mut pull_request = pull_request(1);
        pull_request.updated_at = at(1_000);
        pull_request.history.as_mut().unwrap().events =
            events.iter().map(|&(second, kind)| event(second, kind)).collect();
        pull_request
    }

    #[test]
    fn a_pull_request_does_not_exist_before_its_creation() {
        assert!(pull_request(1).at(at(0) - std::time::Duration::from_secs(1)).is_none());
        assert!(pull_request(1).at(at(0)).is_some());
    }

    #[test]
    fn a_pull_request_that_was_merged_or_closed_later_was_open() {
        let mut merged = with_events(&[(50, Closed), (60, Reopened), (90, Closed)]);
        (merged.merged_at, merged.closed_at) = (Some(at(90)), Some(at(90)));
        let state = |second| {
            let past = merged.at(at(second)).unwrap();
            (past.merged_at.is_some(), past.closed_at.map(|closed| closed == at(50)))
        };
        assert_eq!(
            [49, 50, 60, 89].map(state),
            [(false, None), (false, Some(true)), (false, None), (false, None)]
        );
        assert_eq!(state(90), (true, Some(false)));
    }

    #[test]
    fn a_pull_request_that_was_reopened_later_was_closed() {
        let open = with_events(&[(50, Closed), (60, Reopened)]);
        assert_eq!([49, 55, 60].map(|second| open.at(at(second)).unwrap().is_open()), [true, false, true]);
    }

    #[test]
    fn the_next_event_shows_whether_a_pull_request_was_a_draft() {
        let mut ready = with_events(&[(50, ReadyForReview), (60, ConvertedToDraft), (70, ReadyForReview)]);
        let is_draft = |pull_request: &PullRequest| {
            [10, 55, 65, 75].map(|second| pull_request.at(at(second)).unwrap().is_draft)
        };
        assert_eq!(is_draft(&ready), [true, false, true, false]);
        ready.is_draft = true;
        assert_eq!(
            is_draft(&ready),
            [false, true, false, true],
            "the events contradict the past state, as they contradict the present one"
        );
    }
}
