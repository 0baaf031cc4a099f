//! The metrics about pull requests. All of them read the same list.

use system_health_registry::{Sample, SampleError, Unavailable, Window, group_title, system_health_metric};

use super::{PullRequests, measure};
use crate::{github_access, repository::Repository};

github_access!("prs.*", GraphQl, [PullRequests]);

group_title!("prs", "Pull requests");

/// Open pull requests: drafts (`draft:true`) and those that are ready for review (`draft:false`).
#[system_health_metric(
    key = "prs.open",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    by = ["draft"],
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn open_pull_requests(prs: PullRequests) -> Result<Vec<Sample>, SampleError> {
    let sample = |is_draft| {
        prs.count(|pull_request| measure::open(pull_request, is_draft))?
            .with_tag("draft", &is_draft.to_string())
    };
    Ok(vec![sample(false)?, sample(true)?])
}

/// Pull requests that were opened in the window, drafts included.
#[system_health_metric(
    key = "prs.opened",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn opened_pull_requests(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.count(|pull_request| measure::opened(pull_request, &window))
}

/// Pull requests that were merged in the window.
#[system_health_metric(
    key = "prs.merged",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn merged_pull_requests(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.count(|pull_request| measure::merged(pull_request, &window))
}

/// Pull requests that were closed in the window without being merged.
#[system_health_metric(
    key = "prs.closed_unmerged",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn closed_unmerged_pull_requests(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.count(|pull_request| measure::closed_unmerged(pull_request, &window))
}

/// Open pull requests about which people have done nothing for 14 days.
#[system_health_metric(
    key = "prs.stale",
    each = Repository,
    unit = "pull request",
    goal = "< 10",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/prs.stale.md",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    only_now = "GitHub dates only the last commit of a pull request, and comments may have been deleted since",
    timeout = "1h"
)]
pub fn stale_pull_requests(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.count(|pull_request| measure::stale(pull_request, &window))
}

/// Pull requests that were merged in the window without a review by another person.
#[system_health_metric(
    key = "prs.merged_without_review",
    each = Repository,
    unit = "pull request",
    goal = "== 0",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/prs.merged_without_review.md",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn merged_without_review(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.count(|pull_request| measure::merged_without_review(pull_request, &window))
}

/// How long the pull requests that people opened, and that were merged in the window, were open and ready for review.
#[system_health_metric(
    key = "prs.time_to_merge_seconds",
    each = Repository,
    unit = "second",
    aggregate = "max",
    by = ["quantile"],
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn time_to_merge(prs: PullRequests, window: Window) -> Result<Vec<Sample>, Unavailable> {
    prs.quantiles(&window, measure::time_to_merge, "merged pull requests of people")
}

/// Number of values behind `prs.time_to_merge_seconds`: pull requests that people opened, that were merged in the window, and
/// whose time to merge is known.
#[system_health_metric(
    key = "prs.time_to_merge_seconds_samples",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn time_to_merge_samples(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.samples(&window, measure::time_to_merge)
}

/// How long the pull requests that people opened were open and ready for review before their first review by another person, if
/// that review was in the window.
#[system_health_metric(
    key = "prs.time_to_first_review_seconds",
    each = Repository,
    unit = "second",
    aggregate = "max",
    by = ["quantile"],
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn time_to_first_review(prs: PullRequests, window: Window) -> Result<Vec<Sample>, Unavailable> {
    prs.quantiles(&window, measure::time_to_first_review, "first reviews")
}

/// Number of values behind `prs.time_to_first_review_seconds`: pull requests that people opened, that were first reviewed by
/// another person in the window, and whose time until then is known.
#[system_health_metric(
    key = "prs.time_to_first_review_seconds_samples",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn time_to_first_review_samples(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.samples(&window, measure::time_to_first_review)
}

/// Rounds of review of the pull requests that people opened and that were merged in the window: commits that other people
/// reviewed.
#[system_health_metric(
    key = "prs.review_rounds",
    each = Repository,
    unit = "round",
    aggregate = "max",
    by = ["quantile"],
    enabled = false,
    requests = 1,
    only_now = "GitHub may have lost reviewed commits since",
    timeout = "1h"
)]
pub fn review_rounds(prs: PullRequests, window: Window) -> Result<Vec<Sample>, Unavailable> {
    prs.quantiles(&window, measure::review_rounds, "merged pull requests of people")
}

/// Number of values behind `prs.review_rounds`: pull requests that people opened, that were merged in the window, and whose
/// rounds of review are known.
#[system_health_metric(
    key = "prs.review_rounds_samples",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    only_now = "GitHub may have lost reviewed commits since",
    timeout = "1h"
)]
pub fn review_rounds_samples(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.samples(&window, measure::review_rounds)
}

/// Lines added and removed by the pull requests that people opened and that were merged in the window.
#[system_health_metric(
    key = "prs.size_lines",
    each = Repository,
    unit = "line",
    aggregate = "max",
    by = ["quantile"],
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn size_lines(prs: PullRequests, window: Window) -> Result<Vec<Sample>, Unavailable> {
    prs.quantiles(&window, measure::size_lines, "merged pull requests of people")
}

/// Number of values behind `prs.size_lines`: pull requests that were merged in the window and opened by people.
#[system_health_metric(
    key = "prs.size_lines_samples",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    backfill = true,
    timeout = "1h"
)]
pub fn size_lines_samples(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.samples(&window, measure::size_lines)
}

/// Comments of people on the pull requests that people opened and that were merged in the window, those on lines included.
#[system_health_metric(
    key = "prs.comments",
    each = Repository,
    unit = "comment",
    aggregate = "max",
    by = ["quantile"],
    enabled = false,
    requests = 1,
    only_now = "comments may have been deleted since, and those on lines have no times",
    timeout = "1h"
)]
pub fn comments(prs: PullRequests, window: Window) -> Result<Vec<Sample>, Unavailable> {
    prs.quantiles(&window, measure::comments, "merged pull requests of people")
}

/// Number of values behind `prs.comments`: pull requests that were merged in the window and opened by people.
#[system_health_metric(
    key = "prs.comments_samples",
    each = Repository,
    unit = "pull request",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    only_now = "comments may have been deleted since, and those on lines have no times",
    timeout = "1h"
)]
pub fn comments_samples(prs: PullRequests, window: Window) -> Result<Sample, SampleError> {
    prs.samples(&window, measure::comments)
}
