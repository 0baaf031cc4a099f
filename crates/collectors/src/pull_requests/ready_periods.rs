//! When a pull request was open and ready for review. People wait for a review or a merge only then.

use std::time::{Duration, SystemTime};

use super::pull_request::{EventKind, PullRequest};

/// The periods in which a pull request was open and not a draft, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadyPeriods(Vec<Period>);

/// A period. `to` is its last instant, or `None` if it has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    from: SystemTime,
    to: Option<SystemTime>,
}

/// The events of a pull request contradict the pull request itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its events say that it is {events}, but it is {itself}")]
pub(super) struct Contradiction {
    events: &'static str,
    itself: &'static str,
}

impl ReadyPeriods {
    /// Follows the events from the creation on. GitHub does not record whether a pull request was created as a draft, but the
    /// first event that makes it ready or a draft shows that.
    pub(super) fn new(pull_request: &PullRequest) -> Result<Self, Contradiction> {
        let mut events: Vec<_> =
            pull_request.history.iter().flat_map(|history| &history.events).copied().collect();
        // The sort must be stable: GitHub lists events in the order in which they happened, even those of the same second.
        events.sort_by_key(|event| event.at);
        let was_created_as_draft = events.iter().find_map(|event| match event.kind {
            EventKind::ReadyForReview => Some(true),
            EventKind::ConvertedToDraft => Some(false),
            _ => None,
        });
        let mut is_draft = was_created_as_draft.unwrap_or(pull_request.is_draft);
        let mut is_open = true;
        let mut periods = Self(Vec::new());
        periods.change(pull_request.created_at, !is_draft);
        for event in events {
            match event.kind {
                EventKind::ReadyForReview => is_draft = false,
                EventKind::ConvertedToDraft => is_draft = true,
                EventKind::Closed => is_open = false,
                EventKind::Reopened => is_open = true,
                EventKind::ForcePushed => continue,
            }
            periods.change(event.at, is_open && !is_draft);
        }
        if is_draft != pull_request.is_draft {
            let name = |is_draft| if is_draft { "a draft" } else { "ready for review" };
            return Err(Contradiction { events: name(is_draft), itself: name(!is_draft) });
        }
        match pull_request.merged_at.or(pull_request.closed_at) {
            // The merge or the closing ends the last period, even if its event is missing or has a later second.
            Some(end) => periods.cut_after(end),
            None if !is_open => return Err(Contradiction { events: "closed", itself: "open" }),
            None => {}
        }
        Ok(periods)
    }

    /// Whether it was open and ready for review at an instant. Each period includes its first and its last instant.
    pub(super) fn contains(&self, at: SystemTime) -> bool {
        self.0.iter().any(|period| period.from <= at && period.to.is_none_or(|to| at <= to))
    }

    /// How long it was open and ready for review until an instant. `None` if it was not yet ready by then.
    pub(super) fn time_until(&self, at: SystemTime) -> Option<Duration> {
        let mut periods = self.0.iter().filter(|period| period.from <= at).peekable();
        periods.peek()?;
        let length = |period: &Period| {
            let to = period.to.map_or(at, |to| to.min(at));
            to.duration_since(period.from).unwrap_or_default()
        };
        Some(periods.map(length).sum())
    }

    /// Begins or ends a period.
    fn change(&mut self, at: SystemTime, is_ready: bool) {
        let current = self.0.last_mut().filter(|period| period.to.is_none());
        match (current, is_ready) {
            (None, true) => self.0.push(Period { from: at, to: None }),
            (Some(period), false) => period.to = Some(at.max(period.from)),
            _ => {}
        }
    }

    /// Cuts everything after an instant.
    fn cut_after(&mut self, at: SystemTime) {
        self.0.retain(|period| period.from <= at);
        if let Some(last) = self.0.last_mut() {
            last.to = Some(last.to.map_or(at, |to| to.min(at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::example::{at, event, pull_request},
        EventKind::{Closed, ConvertedToDraft, ForcePushed, ReadyForReview, Reopened},
        *,
    };

    /// The seconds in which a pull request was ready, until an instant. It was created at second 0 and merged at second 100.
    fn seconds(events: &[(u64, EventKind)], until: u64) -> Option<u64> {
        let mut merged = pull_request(1);
        merged.merged_at = Some(at(100));
        merged.closed_at = merged.merged_at;
        merged.history.as_mut().unwrap().events = events.iter().map(|&(s, kind)| event(s, kind)).collect();
        ReadyPeriods::new(&merged).unwrap().time_until(at(until)).map(|time| time.as_secs())
    }

    #[test]
    fn without_events_a_pull_request_is_ready_from_its_creation_to_the_merge() {
        assert_eq!(seconds(&[], 60), Some(60));
        assert_eq!(seconds(&[], 200), Some(100));
        assert_eq!(seconds(&[(40, ForcePushed)], 60), Some(60));
    }

    #[test]
    fn a_draft_is_not_ready() {
        assert_eq!(seconds(&[(30, ReadyForReview)], 100), Some(70));
        assert_eq!(seconds(&[(30, ReadyForReview)], 29), None);
        assert_eq!(
            seconds(&[(10, ConvertedToDraft), (30, ReadyForReview)], 100),
            Some(80),
            "ready, draft, ready"
        );
        let thrice = [(10, ReadyForReview), (20, ConvertedToDraft), (90, ReadyForReview)];
        assert_eq!(seconds(&thrice, 100), Some(20), "draft, ready, draft again, ready");
        assert_eq!(seconds(&thrice, 50), Some(10));
    }

    #[test]
    fn a_closed_pull_request_is_not_ready() {
        assert_eq!(seconds(&[(10, Closed), (90, Reopened), (100, Closed)], 100), Some(20));
        let draft_meanwhile =
            [(10, Closed), (20, ConvertedToDraft), (40, Reopened), (70, ReadyForReview), (101, Closed)];
        assert_eq!(seconds(&draft_meanwhile, 100), Some(40), "the event of the merge has a later second");
    }

    #[test]
    fn a_period_contains_its_first_and_its_last_instant() {
        let mut open = pull_request(1);
        open.history.as_mut().unwrap().events =
            vec![event(10, ReadyForReview), event(20, ConvertedToDraft), event(30, ReadyForReview)];
        let periods = ReadyPeriods::new(&open).unwrap();
        let contained: Vec<_> = (0..40).filter(|&second| periods.contains(at(second))).collect();
        assert_eq!(contained, (10..=20).chain(30..40).collect::<Vec<_>>());
    }

    #[test]
    fn events_that_contradict_the_pull_request_are_not_trusted() {
        let error = |is_draft, events: &[(u64, EventKind)]| {
            let mut open = pull_request(1);
            open.is_draft = is_draft;
            open.history.as_mut().unwrap().events = events.iter().map(|&(s, kind)| event(s, kind)).collect();
            ReadyPeriods::new(&open).unwrap_err().to_string()
        };
        assert_eq!(
            error(true, &[(10, ReadyForReview)]),
            "its events say that it is ready for review, but it is a draft"
        );
        assert_eq!(error(false, &[(10, Closed)]), "its events say that it is closed, but it is open");
    }
}
