//! Which pull requests count for which metric. All values were computed by hand.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use system_health_collectors::pull_requests::{self as metrics, PullRequests};
use system_health_registry::{IntoReading, Sample, Window};
use system_health_test_support::github::{FakeGitHub, PullRequest, Review};

use crate::stage::{OneRepository, Stage, days, line};

/// 2025-06-01T12:00:00Z
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(485_772)
}

pub(crate) fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

pub(crate) fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

pub(crate) fn github() -> FakeGitHub {
    FakeGitHub::builder().now(now()).start()
}

pub(crate) fn github_with(pull_requests: impl IntoIterator<Item = PullRequest>) -> FakeGitHub {
    let github = github();
    let shop = github.repository("acme/shop");
    for pull_request in pull_requests {
        shop.pull_request(pull_request);
    }
    github
}

pub(crate) fn stage(github: &FakeGitHub) -> Stage {
    Stage::on(github).started_at(now())
}

fn window() -> Window {
    Window::ending_at(now(), days(7))
}

/// A metric of the repository: `3`, `p50 1, p90 2, p99 3`, `no data: …` or `error: …`.
pub(crate) async fn value(context: &OneRepository, key: &str) -> String {
    let prs = match context.get::<PullRequests>().await {
        Ok(prs) => prs,
        Err(unavailable) => return line(&Err(unavailable)),
    };
    let window = window();
    let reading = match key {
        "open" => metrics::open_pull_requests(prs).into_reading(),
        "opened" => metrics::opened_pull_requests(prs, window).into_reading(),
        "merged" => metrics::merged_pull_requests(prs, window).into_reading(),
        "closed_unmerged" => metrics::closed_unmerged_pull_requests(prs, window).into_reading(),
        "stale" => metrics::stale_pull_requests(prs, window).into_reading(),
        "merged_without_review" => metrics::merged_without_review(prs, window).into_reading(),
        "time_to_merge" => metrics::time_to_merge(prs, window).into_reading(),
        "time_to_merge_samples" => metrics::time_to_merge_samples(prs, window).into_reading(),
        "time_to_first_review" => metrics::time_to_first_review(prs, window).into_reading(),
        "time_to_first_review_samples" => metrics::time_to_first_review_samples(prs, window).into_reading(),
        "review_rounds" => metrics::review_rounds(prs, window).into_reading(),
        "review_rounds_samples" => metrics::review_rounds_samples(prs, window).into_reading(),
        "size_lines" => metrics::size_lines(prs, window).into_reading(),
        "size_lines_samples" => metrics::size_lines_samples(prs, window).into_reading(),
        "comments" => metrics::comments(prs, window).into_reading(),
        "comments_samples" => metrics::comments_samples(prs, window).into_reading(),
        other => panic!("{other} is not a metric"),
    };
    match reading {
        Ok(reading) => reading.samples().iter().map(sample_text).collect::<Vec<_>>().join(", "),
        Err(unavailable) => line(&Err(unavailable)),
    }
}

fn sample_text(sample: &Sample) -> String {
    match sample.tags().iter().next() {
        Some(tag) => format!("{} {}", tag.as_str().trim_start_matches("quantile:"), sample.value()),
        None => sample.value().to_string(),
    }
}

/// The value of a metric over one pull request. For quantiles, it is the median.
async fn value_over(pull_request: PullRequest, key: &str) -> String {
    let github = github_with([pull_request]);
    let value = value(&stage(&github).one_repository(), key).await;
    value
        .strip_prefix("p50 ")
        .and_then(|quantiles| quantiles.split(',').next())
        .map_or(value.clone(), str::to_owned)
}

/// A pull request that was opened three days ago and merged a day ago.
pub(crate) fn merged() -> PullRequest {
    PullRequest::new("Sell socks").age(days(3)).merge(days(1))
}

const DAY: u64 = 86_400;

#[tokio::test]
async fn a_history_has_the_values_that_were_computed_by_hand() {
    let github = github_with([
        // 4 h until the review, 10 h until the merge, 1 round, 2 + 1 comments, 30 lines.
        PullRequest::new("Sell socks")
            .age(hours(30))
            .lines(20, 10)
            .comment(hours(29), "ben")
            .comment(hours(29), "coverage[bot]")
            .comment(hours(28), "ada")
            .review(hours(26), Review::new("ben").comments(1))
            .merge(hours(20)),
        // 1 h until the review, 2 h until the merge, 2 rounds, no comments, 5 lines.
        PullRequest::new("Sell shoes")
            .age(hours(12))
            .lines(5, 0)
            .review(hours(11), Review::new("eve").state("CHANGES_REQUESTED"))
            .push(minutes(630))
            .review(minutes(620), Review::new("eve"))
            .merge(hours(10)),
        // 20 days until the merge, without a review.
        PullRequest::new("Sell hats").age(days(21)).lines(1_000, 0).merge(days(1)),
        PullRequest::new("Update socks").by("renovate[bot]").age(hours(3)).merge(hours(2)),
        PullRequest::new("Give up").age(days(5)).close(days(2)),
        PullRequest::new("Draft").age(days(2)).draft(),
        PullRequest::new("Forgotten").age(days(40)).label(days(1)),
        PullRequest::new("Merged long ago").age(days(30)).merge(days(20)).comment(hours(1), "ben"),
    ]);
    let context = stage(&github).one_repository();

    let hour = 3_600.0_f64;
    let times_to_merge = [2.0 * hour, 10.0 * hour, 480.0 * hour];
    let quantile = |values: [f64; 3], rank: f64| {
        let position = 2.0 * rank;
        if position < 1.0 {
            values[0] + (values[1] - values[0]) * position
        } else {
            values[1] + (values[2] - values[1]) * (position - 1.0)
        }
    };
    let quantiles = |values: [f64; 3]| {
        format!(
            "p50 {}, p90 {}, p99 {}",
            quantile(values, 0.5),
            quantile(values, 0.9),
            quantile(values, 0.99)
        )
    };
    for (key, expected) in [
        ("open", "draft:false 1, draft:true 1".to_owned()),
        ("opened", "5".to_owned()),
        ("merged", "4".to_owned()),
        ("closed_unmerged", "1".to_owned()),
        ("stale", "1".to_owned()),
        ("merged_without_review", "2".to_owned()),
        ("time_to_merge", quantiles(times_to_merge)),
        ("time_to_merge_samples", "3".to_owned()),
        ("time_to_first_review", "p50 9000, p90 13320, p99 14292".to_owned()),
        ("time_to_first_review_samples", "2".to_owned()),
        ("review_rounds", quantiles([0.0, 1.0, 2.0])),
        ("review_rounds_samples", "3".to_owned()),
        ("size_lines", quantiles([5.0, 30.0, 1_000.0])),
        ("size_lines_samples", "3".to_owned()),
        ("comments", quantiles([0.0, 0.0, 3.0])),
        ("comments_samples", "3".to_owned()),
    ] {
        assert_eq!(value(&context, key).await, expected, "{key}");
    }
    assert_eq!(github.requests().len(), 1, "one request for all metrics");
}

#[tokio::test]
async fn without_pull_requests_in_the_window_a_count_is_0_and_a_quantile_is_no_data() {
    let github = github_with([PullRequest::new("Old").age(days(60)).merge(days(30))]);
    let context = stage(&github).one_repository();

    for key in ["opened", "merged", "closed_unmerged", "stale", "merged_without_review"] {
        assert_eq!(value(&context, key).await, "0", "{key}");
    }
    assert_eq!(value(&context, "open").await, "draft:false 0, draft:true 0");
    for (key, what) in [
        ("time_to_merge", "merged pull requests of people"),
        ("time_to_first_review", "first reviews"),
        ("review_rounds", "merged pull requests of people"),
        ("size_lines", "merged pull requests of people"),
        ("comments", "merged pull requests of people"),
    ] {
        assert_eq!(value(&context, key).await, format!("no data: there are no {what} in the window"));
        assert_eq!(value(&context, &format!("{key}_samples")).await, "0", "{key}");
    }
}

#[tokio::test]
async fn the_window_excludes_its_start_and_includes_its_end() {
    let almost_a_week = Duration::from_secs(7 * DAY - 1);
    for (merged, expected) in [(days(7), "0"), (almost_a_week, "1"), (Duration::ZERO, "1")] {
        let pull_request = PullRequest::new("Sell socks").age(days(9)).merge(merged);
        assert_eq!(value_over(pull_request, "merged").await, expected, "{merged:?}");
    }
}

#[tokio::test]
async fn only_the_time_in_which_a_pull_request_was_ready_for_review_counts() {
    let seconds =
        async |pull_request: PullRequest| value_over(pull_request.merge(days(1)), "time_to_merge").await;
    let opened = || PullRequest::new("Sell socks").age(days(11));

    assert_eq!(seconds(opened()).await, (10 * DAY).to_string());
    assert_eq!(seconds(opened().draft().ready(days(3))).await, (2 * DAY).to_string(), "a draft");
    let twice = opened().draft().ready(days(9)).convert_to_draft(days(8)).ready(days(2));
    assert_eq!(seconds(twice).await, (2 * DAY).to_string(), "draft, ready, draft again, ready");
    let ready_first = opened().convert_to_draft(days(10)).ready(days(4));
    assert_eq!(seconds(ready_first).await, (4 * DAY).to_string(), "ready, draft, ready");
    let reopened = opened().close(days(10)).reopen(days(2));
    assert_eq!(seconds(reopened).await, (2 * DAY).to_string(), "reopened");
    assert!(seconds(opened().draft()).await.starts_with("no data"), "merged as a draft");
}

#[tokio::test]
async fn a_reopened_pull_request_is_open_and_one_that_was_closed_again_is_closed_once() {
    let reopened = PullRequest::new("Sell socks").age(days(5)).close(days(4)).reopen(days(3));
    assert_eq!(value_over(reopened.clone(), "closed_unmerged").await, "0");
    assert_eq!(value_over(reopened.clone(), "open").await, "draft:false 1, draft:true 0");
    assert_eq!(value_over(reopened.clone().close(days(2)), "closed_unmerged").await, "1");
    assert_eq!(value_over(reopened.clone().merge(days(2)), "closed_unmerged").await, "0");
    assert_eq!(value_over(reopened.merge(days(2)), "merged").await, "1");
}

#[tokio::test]
async fn reviews_of_the_author_and_of_bots_do_not_count() {
    let reviewed = async |author: &str, review: Review| {
        let pull_request = merged().by(author).review(days(2), review);
        let unreviewed = value_over(pull_request, "merged_without_review").await;
        unreviewed == "0"
    };
    for (author, reviewer, expected) in [
        ("ada", "ben", true),
        ("ada", "ada", false),
        ("ada", "copilot[bot]", false),
        ("ada", "ghost", true),
        ("ghost", "ben", true),
        ("ghost", "ghost", false),
        ("renovate[bot]", "ben", true),
        ("renovate[bot]", "approve[bot]", false),
    ] {
        assert_eq!(reviewed(author, Review::new(reviewer)).await, expected, "{reviewer} of {author}");
    }
    for (state, expected) in [
        ("APPROVED", true),
        ("CHANGES_REQUESTED", true),
        ("COMMENTED", true),
        ("DISMISSED", true),
        ("PENDING", false),
    ] {
        assert_eq!(reviewed("ada", Review::new("ben").state(state)).await, expected, "{state}");
    }
}

#[tokio::test]
async fn the_settings_name_bots_that_are_registered_as_users() {
    let github = github_with([
        merged().review(days(2), "acme-ci").comment(days(2), "Acme-CI").comment(days(2), "ben"),
        merged().by("acme-ci"),
    ]);
    let url = github.url();
    let settings =
        format!("[github]\napi_url = \"{url}\"\nbots = [\"ACME-ci\"]\n[repository]\nname = \"acme/shop\"");
    let context = Stage::empty().token().settings(&settings).started_at(now()).one_repository();

    assert_eq!(value(&context, "merged_without_review").await, "2");
    assert_eq!(value(&context, "comments").await, "p50 1, p90 1, p99 1");
    assert_eq!(value(&context, "merged").await, "2");
}

#[tokio::test]
async fn a_comment_on_the_conversation_is_not_a_review() {
    assert_eq!(value_over(merged().comment(days(2), "ben"), "merged_without_review").await, "1");
}

#[tokio::test]
async fn a_review_after_the_merge_is_too_late_and_one_in_the_same_second_is_not() {
    assert_eq!(value_over(merged().review(hours(23), "ben"), "merged_without_review").await, "1");
    assert_eq!(value_over(merged().review(days(1), "ben"), "merged_without_review").await, "0");
    assert_eq!(value_over(merged().review(hours(23), "ben"), "review_rounds").await, "0");
    assert!(
        value_over(merged().review(hours(23), "ben"), "time_to_first_review").await.starts_with("no data")
    );
}

#[tokio::test]
async fn the_first_review_is_the_first_one_while_the_pull_request_is_ready() {
    let seconds = async |pull_request| value_over(pull_request, "time_to_first_review").await;
    let opened = || PullRequest::new("Sell socks").age(days(6));

    assert_eq!(seconds(opened().review(days(4), "ben").review(days(1), "eve")).await, (2 * DAY).to_string());
    let reviewed_as_draft = opened().draft().review(days(5), "ben").ready(days(4));
    let reason = "no data: there are no first reviews in the window";
    assert_eq!(seconds(reviewed_as_draft.clone()).await, reason, "nobody has reviewed it since it was ready");
    assert_eq!(seconds(reviewed_as_draft.review(days(1), "ben")).await, (3 * DAY).to_string());
    let by_author = opened().review(days(5), "ada").review(days(5), "bot[bot]").review(days(1), "ben");
    assert_eq!(seconds(by_author).await, (5 * DAY).to_string());
    let long_ago =
        PullRequest::new("Sell socks").age(days(20)).review(days(10), "ben").review(days(1), "eve");
    assert_eq!(seconds(long_ago).await, reason, "the first review was before the window");
    assert_eq!(seconds(opened().by("renovate[bot]").review(days(1), "ben")).await, reason, "of a bot");
}

#[tokio::test]
async fn reviews_without_a_push_between_them_are_one_round() {
    let rounds = async |pull_request| value_over(pull_request, "review_rounds").await;
    let opened =
        || merged().review(hours(70), "ben").review(hours(69), Review::new("eve").state("COMMENTED"));

    assert_eq!(rounds(merged()).await, "0");
    assert_eq!(rounds(opened()).await, "1");
    assert_eq!(rounds(opened().push(hours(60))).await, "1", "nobody has reviewed the push");
    assert_eq!(rounds(opened().push(hours(60)).push(hours(59)).review(hours(58), "ben")).await, "2");
    assert_eq!(rounds(opened().force_push(hours(60)).review(hours(58), "ben")).await, "2");
    assert_eq!(rounds(opened().push(hours(60)).review(hours(58), "ada")).await, "1", "its author");
}

#[tokio::test]
async fn rounds_are_unknown_if_github_no_longer_has_a_commit() {
    let lost = merged().review(days(2), Review::new("ben").of_lost_commit());
    let github = github_with([lost, merged().review(days(2), "ben")]);
    let context = stage(&github).one_repository();

    assert_eq!(value(&context, "review_rounds").await, "p50 1, p90 1, p99 1");
    let prs = context.get::<PullRequests>().await.unwrap();
    let samples = metrics::review_rounds(prs, window()).unwrap();
    let excluded = samples[0].evidence().items().iter().find(|item| !item.is_counted()).unwrap();
    assert_eq!(excluded.title(), "#1 Sell socks");
    assert_eq!(
        excluded.reason(),
        "GitHub no longer has the commit that was reviewed at 2025-05-30T12:00:00Z"
    );
    assert_eq!(excluded.link(), Some("https://github.com/acme/shop/pull/1"));
}

#[tokio::test]
async fn every_branch_and_every_fork_counts() {
    let github = github_with([
        merged().base("release/2.x"),
        merged().from_deleted_fork(),
        merged().by("ghost"),
        merged().base("change-1"),
    ]);
    let context = stage(&github).one_repository();
    assert_eq!(value(&context, "merged").await, "4");
    assert_eq!(value(&context, "time_to_merge_samples").await, "4");
}

#[tokio::test]
async fn people_and_not_labels_or_bots_keep_a_pull_request_from_being_stale() {
    let stale = async |pull_request| value_over(pull_request, "stale").await == "1";
    let old = || PullRequest::new("Sell socks").age(days(40)).label(hours(1));
    let lately = days(13);

    assert!(stale(old()).await);
    assert!(stale(old().draft()).await);
    assert!(stale(PullRequest::new("Sell socks").age(days(14))).await, "exactly 14 days");
    assert!(!stale(PullRequest::new("Sell socks").age(Duration::from_secs(14 * DAY - 1))).await);
    assert!(stale(old().comment(lately, "stale[bot]").review(lately, "lint[bot]")).await);
    assert!(!stale(old().comment(lately, "ada")).await);
    assert!(!stale(old().comment(lately, "ghost")).await);
    assert!(!stale(old().review(lately, "ben")).await);
    assert!(!stale(old().push(lately)).await);
    assert!(!stale(old().force_push(lately)).await);
    assert!(!stale(old().draft().ready(lately)).await);
    assert!(!stale(old().close(days(20)).reopen(lately)).await);
    assert!(!stale(old().close(lately)).await, "it is not open");
    assert!(
        stale(PullRequest::new("x").age(days(40)).push_committed_at(days(20), now() + days(900))).await,
        "a wrong clock"
    );
}

#[tokio::test]
async fn comments_of_people_count_wherever_they_are() {
    let commented = merged()
        .comment(days(2), "ada")
        .comment(days(2), "ghost")
        .comment(hours(1), "ben")
        .comment(days(2), "coverage[bot]")
        .review(days(2), Review::new("ben").comments(3))
        .review(days(2), Review::new("ada").comments(2))
        .review(days(2), Review::new("lint[bot]").comments(50))
        .review(days(2), Review::new("eve").state("PENDING").comments(7));
    assert_eq!(value_over(commented, "comments").await, "8");
}

#[tokio::test]
async fn the_value_links_to_the_pull_requests_and_the_evidence_says_why() {
    let github = github_with([merged(), merged().by("renovate[bot]")]);
    let context = stage(&github).one_repository();
    let prs = context.get::<PullRequests>().await.unwrap();

    let samples = metrics::time_to_merge(prs, window()).unwrap();

    assert!(samples.iter().all(|sample| sample.link() == Some("https://github.com/acme/shop/pulls")));
    let items: Vec<_> = samples[0]
        .evidence()
        .items()
        .iter()
        .map(|item| (item.title(), item.is_counted(), item.reason()))
        .collect();
    assert_eq!(
        items,
        [
            ("#1 Sell socks", true, "merged at 2025-05-31T12:00:00Z, after 2days of waiting"),
            ("#2 Sell socks", false, "it was opened by the bot `renovate`"),
        ]
    );
}
