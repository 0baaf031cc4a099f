//! Which pull requests count for each metric, with which value, and why. These functions are the definitions of
//! `docs/metrics.md`.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use system_health_registry::Window;

use super::{activity::last_activity, pull_request::PullRequest, ready_periods::ReadyPeriods};
use crate::{date::format_date, github::Account};

/// An open pull request without activity for this long is stale.
pub(super) const STALE_AFTER: Duration = Duration::from_hours(14 * 24);

/// What a pull request contributes to a metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It counts, with a value and the reason.
    Counts(f64, String),
    /// It belongs to the population, but does not count for this reason.
    Excluded(String),
    /// It does not belong to the population.
    Unrelated,
}

use Verdict::{Counts, Excluded, Unrelated};

/// The definition of a metric.
pub(super) type Measure = fn(&PullRequest, &Window) -> Verdict;

/// Open pull requests: either those that are drafts, or those that are not.
pub(super) fn open(pull_request: &PullRequest, is_draft: bool) -> Verdict {
    if pull_request.is_open() && pull_request.is_draft == is_draft {
        counts_at("opened", pull_request.created_at)
    } else {
        Unrelated
    }
}

pub(super) fn opened(pull_request: &PullRequest, window: &Window) -> Verdict {
    counts_within(window, "opened", Some(pull_request.created_at))
}

pub(super) fn merged(pull_request: &PullRequest, window: &Window) -> Verdict {
    counts_within(window, "merged", pull_request.merged_at)
}

pub(super) fn closed_unmerged(pull_request: &PullRequest, window: &Window) -> Verdict {
    counts_within(window, "closed", pull_request.closed_unmerged_at())
}

/// Only the end of the window matters, which is the start of the run.
pub(super) fn stale(pull_request: &PullRequest, window: &Window) -> Verdict {
    if !pull_request.is_open() {
        return Unrelated;
    }
    let last = last_activity(pull_request);
    if last + STALE_AFTER <= window.end() {
        Counts(1.0, format!("its last activity was at {}", format_date(last)))
    } else {
        Unrelated
    }
}

pub(super) fn merged_without_review(pull_request: &PullRequest, window: &Window) -> Verdict {
    let Some(merged_at) = merged_within(pull_request, window) else { return Unrelated };
    let reviews = pull_request.reviews_by_others();
    match reviews.first() {
        Some(first) if first.submitted_at <= merged_at => Unrelated,
        Some(first) => Counts(
            1.0,
            format!(
                "merged at {}, reviewed only at {}",
                format_date(merged_at),
                format_date(first.submitted_at)
            ),
        ),
        None => counts_at("merged", merged_at),
    }
}

pub(super) fn time_to_merge(pull_request: &PullRequest, window: &Window) -> Verdict {
    let Some(merged_at) = merged_within(pull_request, window) else { return Unrelated };
    if let Some(excluded) = excluded_if_by_bot(pull_request) {
        return excluded;
    }
    let waited = match ReadyPeriods::new(pull_request) {
        Ok(periods) => periods.time_until(merged_at),
        Err(contradiction) => return Excluded(contradiction.to_string()),
    };
    match waited {
        Some(waited) => counts_time("merged", merged_at, waited),
        None => Excluded("it was merged without ever being ready for review".to_owned()),
    }
}

pub(super) fn time_to_first_review(pull_request: &PullRequest, window: &Window) -> Verdict {
    let reviews = pull_request.reviews_by_others();
    if !reviews.iter().any(|review| window.contains(review.submitted_at)) {
        return Unrelated;
    }
    let periods = match ReadyPeriods::new(pull_request) {
        Ok(periods) => periods,
        Err(contradiction) => return Excluded(contradiction.to_string()),
    };
    let Some(first) = reviews.iter().find(|review| periods.contains(review.submitted_at)) else {
        return Excluded("it was reviewed only while it was a draft or closed".to_owned());
    };
    if !window.contains(first.submitted_at) {
        return Unrelated;
    }
    if let Some(excluded) = excluded_if_by_bot(pull_request) {
        return excluded;
    }
    match periods.time_until(first.submitted_at) {
        Some(waited) => counts_time("first reviewed", first.submitted_at, waited),
        None => Unrelated,
    }
}

pub(super) fn review_rounds(pull_request: &PullRequest, window: &Window) -> Verdict {
    let Some(merged_at) = merged_within(pull_request, window) else { return Unrelated };
    if let Some(excluded) = excluded_if_by_bot(pull_request) {
        return excluded;
    }
    let mut commits = BTreeSet::new();
    for review in pull_request.reviews_by_others() {
        if review.submitted_at > merged_at {
            continue;
        }
        let Some(commit) = &review.commit else {
            let date = format_date(review.submitted_at);
            return Excluded(format!("GitHub no longer has the commit that was reviewed at {date}"));
        };
        commits.insert(commit);
    }
    counts_number(commits.len() as u64, "commit reviewed", "commits reviewed")
}

pub(super) fn size_lines(pull_request: &PullRequest, window: &Window) -> Verdict {
    if merged_within(pull_request, window).is_none() {
        return Unrelated;
    }
    excluded_if_by_bot(pull_request).unwrap_or_else(|| {
        counts_number(pull_request.lines, "line added or removed", "lines added or removed")
    })
}

pub(super) fn comments(pull_request: &PullRequest, window: &Window) -> Verdict {
    if merged_within(pull_request, window).is_none() {
        return Unrelated;
    }
    if let Some(excluded) = excluded_if_by_bot(pull_request) {
        return excluded;
    }
    let (mut conversation, mut on_lines) = (0, 0);
    if let Some(history) = &pull_request.history {
        conversation = history.comments.iter().filter(|comment| !comment.author.is_bot()).count() as u64;
        let reviews = history.reviews.iter().filter(|review| !review.author.is_bot());
        on_lines = reviews.map(|review| review.comments).sum();
    }
    counts_number(conversation + on_lines, "comment of a person", "comments of people")
}

fn merged_within(pull_request: &PullRequest, window: &Window) -> Option<SystemTime> {
    pull_request.merged_at.filter(|at| window.contains(*at))
}

fn excluded_if_by_bot(pull_request: &PullRequest) -> Option<Verdict> {
    match &pull_request.author {
        Account::Bot(login) => Some(Excluded(format!("it was opened by the bot `{login}`"))),
        _ => None,
    }
}

fn counts_within(window: &Window, verb: &str, at: Option<SystemTime>) -> Verdict {
    match at {
        Some(at) if window.contains(at) => counts_at(verb, at),
        _ => Unrelated,
    }
}

fn counts_at(verb: &str, at: SystemTime) -> Verdict {
    Counts(1.0, format!("{verb} at {}", format_date(at)))
}

fn counts_time(verb: &str, at: SystemTime, waited: Duration) -> Verdict {
    let reason =
        format!("{verb} at {}, after {} of waiting", format_date(at), humantime::format_duration(waited));
    Counts(waited.as_secs_f64(), reason)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn counts_number(number: u64, one: &str, many: &str) -> Verdict {
    Counts(number as f64, format!("{number} {}", if number == 1 { one } else { many }))
}
