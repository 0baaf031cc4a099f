//! Tests the measures with random histories. The measures see a pull request as GitHub describes it afterwards; the slow
//! reference implementation sees what happened, in order, and looks at every second.

use std::time::Duration;

use proptest::prelude::*;
use system_health_registry::Window;

use super::{
    activity::last_activity,
    example::at,
    measure::{self, Measure, Verdict},
    pull_request::{Comment, Event, EventKind, History, PullRequest, Review},
};
use crate::github::Account;

/// An action that is tried. It happens only if it is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Ready,
    Draft,
    Close,
    Reopen,
    Merge,
    Push {
        force: bool,
    },
    Review {
        by: Who,
        comments: u64,
    },
    Comment {
        by: Who,
    },
    /// GitHub removes the commits that were reviewed so far.
    Forget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Ada,
    Ben,
    Bot,
    Deleted,
}

/// What happened: the creation at second 0, and then these actions.
#[derive(Debug, Clone)]
struct Story {
    author: Who,
    created_as_draft: bool,
    /// The actions that were possible, with their second.
    happened: Vec<(u64, Action)>,
}

/// The state after some actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    is_draft: bool,
    is_open: bool,
    is_merged: bool,
}

impl State {
    fn after(self, action: Action) -> Option<Self> {
        if self.is_merged {
            // After the merge, the state no longer changes.
            let is_possible =
                matches!(action, Action::Review { .. } | Action::Comment { .. } | Action::Forget);
            return is_possible.then_some(self);
        }
        match action {
            Action::Ready if self.is_draft => Some(Self { is_draft: false, ..self }),
            Action::Draft if !self.is_draft => Some(Self { is_draft: true, ..self }),
            Action::Close if self.is_open => Some(Self { is_open: false, ..self }),
            Action::Reopen if !self.is_open => Some(Self { is_open: true, ..self }),
            Action::Merge if self.is_open => Some(Self { is_open: false, is_merged: true, ..self }),
            Action::Ready | Action::Draft | Action::Close | Action::Reopen | Action::Merge => None,
            _ => Some(self),
        }
    }

    const fn is_ready(self) -> bool {
        self.is_open && !self.is_draft
    }
}

impl Who {
    fn account(self) -> Account {
        match self {
            Self::Ada => Account::Person("ada".to_owned()),
            Self::Ben => Account::Person("ben".to_owned()),
            Self::Bot => Account::Bot("robot".to_owned()),
            Self::Deleted => Account::Deleted,
        }
    }
}

impl Story {
    fn new(author: Who, created_as_draft: bool, tried: &[(u64, Action)]) -> Self {
        let mut story = Self { author, created_as_draft, happened: Vec::new() };
        let (mut state, mut now) = (story.beginning(), 0);
        for &(gap, action) in tried {
            now += gap;
            if let Some(next) = state.after(action) {
                state = next;
                story.happened.push((now, action));
            }
        }
        story
    }

    const fn beginning(&self) -> State {
        State { is_draft: self.created_as_draft, is_open: true, is_merged: false }
    }

    fn ending(&self) -> State {
        self.state_at(u64::MAX)
    }

    /// The state at the end of a second.
    fn state_at(&self, second: u64) -> State {
        let happened = self.happened.iter().take_while(|(at, _)| *at <= second);
        happened.fold(self.beginning(), |state, (_, action)| state.after(*action).unwrap())
    }

    /// Whether it was ready at any moment of a second.
    fn was_ready_in(&self, second: u64) -> bool {
        let mut state = self.beginning();
        let mut was_ready = second == 0 && state.is_ready();
        for &(at, action) in &self.happened {
            if at == second {
                was_ready |= state.is_ready();
            }
            state = state.after(action).unwrap();
            if at == second {
                was_ready |= state.is_ready();
            }
            if at > second {
                break;
            }
        }
        was_ready || self.state_at(second).is_ready()
    }

    fn last(&self, wanted: impl Fn(Action) -> bool) -> Option<u64> {
        self.happened.iter().rev().find(|(_, action)| wanted(*action)).map(|(second, _)| *second)
    }

    fn merged(&self) -> Option<u64> {
        self.last(|action| action == Action::Merge)
    }

    fn closed(&self) -> Option<u64> {
        let closing = |action| matches!(action, Action::Close | Action::Merge);
        if self.ending().is_open { None } else { self.last(closing) }
    }

    /// The seconds of the reviews by other people.
    fn reviews(&self) -> impl Iterator<Item = u64> {
        self.happened
            .iter()
            .filter(|(_, action)| self.is_review_by_another(*action))
            .map(|(second, _)| *second)
    }

    fn is_review_by_another(&self, action: Action) -> bool {
        let Action::Review { by, .. } = action else { return false };
        by != Who::Bot && by != self.author
    }

    /// What had happened until the end of a second.
    fn until(&self, second: u64) -> Self {
        let happened = self.happened.iter().copied().filter(|(at, _)| *at <= second).collect();
        Self { happened, ..*self }
    }

    /// The number of seconds before `until` in which it was ready. `None` if it was not yet ready by then.
    fn waited(&self, until: u64) -> Option<u64> {
        if !(0..=until).any(|second| self.was_ready_in(second)) {
            return None;
        }
        Some((0..until).filter(|second| self.state_at(*second).is_ready()).count() as u64)
    }

    /// The pull request as GitHub shows it now.
    fn pull_request(&self) -> PullRequest {
        let mut history = History { last_commit: Some(at(0)), ..History::default() };
        let mut head = 0;
        for &(second, action) in &self.happened {
            let instant = at(second);
            let mut event = |kind| history.events.push(Event { at: instant, kind });
            match action {
                Action::Ready => event(EventKind::ReadyForReview),
                Action::Draft => event(EventKind::ConvertedToDraft),
                Action::Close | Action::Merge => event(EventKind::Closed),
                Action::Reopen => event(EventKind::Reopened),
                Action::Push { force } => {
                    if force {
                        event(EventKind::ForcePushed);
                    }
                    head += 1;
                    history.last_commit = Some(instant);
                }
                Action::Review { by, comments } => history.reviews.push(Review {
                    author: by.account(),
                    submitted_at: instant,
                    commit: Some(head.to_string()),
                    comments,
                }),
                Action::Comment { by } => {
                    history.comments.push(Comment { author: by.account(), created_at: instant });
                }
                Action::Forget => {
                    for review in &mut history.reviews {
                        review.commit = None;
                    }
                }
            }
        }
        PullRequest {
            author: self.author.account(),
            updated_at: at(self.happened.last().map_or(0, |(second, _)| *second)),
            closed_at: self.closed().map(at),
            merged_at: self.merged().map(at),
            is_draft: self.ending().is_draft,
            history: Some(history),
            ..super::example::pull_request(1)
        }
    }
}

/// The seconds after the start, up to and including the end.
#[derive(Debug, Clone, Copy)]
struct Seconds {
    start: u64,
    end: u64,
}

impl Seconds {
    fn contains(self, second: u64) -> bool {
        (self.start + 1..=self.end).contains(&second)
    }

    fn window(self) -> Window {
        Window::ending_at(at(self.end), Duration::from_secs(self.end - self.start))
    }
}

fn expected_time_to_merge(story: &Story, window: Seconds) -> Option<u64> {
    let merged = story.merged().filter(|second| window.contains(*second))?;
    if story.author == Who::Bot { None } else { story.waited(merged) }
}

fn expected_time_to_first_review(story: &Story, window: Seconds) -> Option<u64> {
    let first = story.reviews().find(|second| story.was_ready_in(*second))?;
    if story.author == Who::Bot || !window.contains(first) { None } else { story.waited(first) }
}

/// Counts the first review after each push, in order. All reviews in the second of the merge count, because GitHub's times do
/// not show whether they came before it.
fn expected_rounds(story: &Story, window: Seconds) -> Option<u64> {
    let merged = story.merged().filter(|second| window.contains(*second))?;
    if story.author == Who::Bot {
        return None;
    }
    let (mut rounds, mut is_reviewed) = (0, false);
    let mut is_forgotten = false;
    for &(second, action) in &story.happened {
        // The removal matters only if a review that counts came before it.
        is_forgotten |= action == Action::Forget && rounds > 0;
        if second > merged {
            continue;
        }
        if matches!(action, Action::Push { .. }) {
            is_reviewed = false;
        }
        if story.is_review_by_another(action) && !is_reviewed {
            is_reviewed = true;
            rounds += 1;
        }
    }
    (!is_forgotten).then_some(rounds)
}

fn expected_comments(story: &Story, window: Seconds) -> Option<u64> {
    story.merged().filter(|second| window.contains(*second))?;
    let written = |action: &(u64, Action)| match action.1 {
        Action::Review { by, comments } if by != Who::Bot => comments,
        Action::Comment { by } if by != Who::Bot => 1,
        _ => 0,
    };
    (story.author != Who::Bot).then(|| story.happened.iter().map(written).sum())
}

fn expected_without_review(story: &Story, window: Seconds) -> Option<u64> {
    let merged = story.merged().filter(|second| window.contains(*second))?;
    (!story.reviews().any(|second| second <= merged)).then_some(1)
}

fn expected_closed_unmerged(story: &Story, window: Seconds) -> Option<u64> {
    let is_abandoned = !story.ending().is_open && story.merged().is_none();
    let closed = story.closed().filter(|_| is_abandoned)?;
    window.contains(closed).then_some(1)
}

fn expected_last_activity(story: &Story) -> u64 {
    let is_activity = |action| match action {
        Action::Review { by, .. } | Action::Comment { by } => by != Who::Bot,
        Action::Forget => false,
        _ => true,
    };
    story.last(is_activity).unwrap_or(0)
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![3 => Just(Who::Ada), 4 => Just(Who::Ben), 1 => Just(Who::Bot), 1 => Just(Who::Deleted)]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => Just(Action::Ready),
        2 => Just(Action::Draft),
        1 => Just(Action::Close),
        2 => Just(Action::Reopen),
        1 => Just(Action::Merge),
        3 => any::<bool>().prop_map(|force| Action::Push { force }),
        5 => (who(), 0..4_u64).prop_map(|(by, comments)| Action::Review { by, comments }),
        2 => who().prop_map(|by| Action::Comment { by }),
        1 => Just(Action::Forget),
    ]
}

fn story() -> impl Strategy<Value = Story> {
    let tried = prop::collection::vec((0..4_u64, action()), 0..25);
    (who(), any::<bool>(), tried).prop_map(|(author, as_draft, tried)| Story::new(author, as_draft, &tried))
}

fn seconds() -> impl Strategy<Value = Seconds> {
    (0..40_u64, 0..60_u64).prop_map(|(start, length)| Seconds { start, end: start + length })
}

/// The value of a measure, if the pull request counts.
fn value(measure: Measure, pull_request: &PullRequest, window: &Window) -> Option<u64> {
    match measure(pull_request, window) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole seconds and small numbers"
        )]
        Verdict::Counts(value, _) => Some(value as u64),
        Verdict::Excluded(_) | Verdict::Unrelated => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_measure_agrees_with_the_reference(story in story(), seconds in seconds()) {
        let (pull_request, window) = (story.pull_request(), seconds.window());
        let measured = |measure| value(measure, &pull_request, &window);

        prop_assert_eq!(measured(measure::time_to_merge), expected_time_to_merge(&story, seconds));
        prop_assert_eq!(measured(measure::time_to_first_review), expected_time_to_first_review(&story, seconds));
        prop_assert_eq!(measured(measure::review_rounds), expected_rounds(&story, seconds));
        prop_assert_eq!(measured(measure::comments), expected_comments(&story, seconds));
        prop_assert_eq!(measured(measure::merged_without_review), expected_without_review(&story, seconds));
        prop_assert_eq!(measured(measure::closed_unmerged), expected_closed_unmerged(&story, seconds));
        let merged = story.merged().filter(|second| seconds.contains(*second)).map(|_| 1);
        prop_assert_eq!(measured(measure::merged), merged);
        prop_assert_eq!(last_activity(&pull_request), at(expected_last_activity(&story)));
        for is_draft in [false, true] {
            let is_open = story.ending().is_open && story.ending().is_draft == is_draft;
            let counts = matches!(measure::open(&pull_request, is_draft), Verdict::Counts(..));
            prop_assert_eq!(counts, is_open);
        }
    }

    #[test]
    fn a_past_instant_has_the_values_that_were_measured_then(story in story(), seconds in seconds()) {
        let (now, then, window) = (story.pull_request(), story.until(seconds.end).pull_request(), seconds.window());
        let past = now.at(at(seconds.end)).unwrap();

        let measures: [(&str, Measure); 7] = [
            ("opened", measure::opened),
            ("merged", measure::merged),
            ("closed_unmerged", measure::closed_unmerged),
            ("merged_without_review", measure::merged_without_review),
            ("time_to_merge", measure::time_to_merge),
            ("time_to_first_review", measure::time_to_first_review),
            ("size_lines", measure::size_lines),
        ];
        for (name, measure) in measures {
            prop_assert_eq!(value(measure, &past, &window), value(measure, &then, &window), "{}", name);
        }
        for is_draft in [false, true] {
            let is_open = |pull_request| matches!(measure::open(pull_request, is_draft), Verdict::Counts(..));
            prop_assert_eq!(is_open(&past), is_open(&then));
        }
    }
}
