//! Which issues count for which metric, and how they are read. All values were computed by hand.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use system_health_collectors::issues::{self as metrics, Issues};
use system_health_registry::{IntoReading, Sample, Window};
use system_health_test_support::github::{FakeGitHub, Issue, PullRequest};

use crate::stage::{OneRepository, Stage, days, line};

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(485_772)
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

fn github_with(issues: impl IntoIterator<Item = Issue>) -> FakeGitHub {
    let github = FakeGitHub::builder().now(now()).start();
    let shop = github.repository("acme/shop");
    for issue in issues {
        shop.issue(issue);
    }
    github
}

fn one_repository(github: &FakeGitHub) -> OneRepository {
    Stage::on(github).started_at(now()).one_repository()
}

/// The values of a metric's samples, or the text of no data or of an error.
async fn value(context: &OneRepository, key: &str) -> String {
    let issues = match context.get::<Issues>().await {
        Ok(issues) => issues,
        Err(unavailable) => return line(&Err(unavailable)),
    };
    let window = Window::ending_at(now(), days(7));
    let reading = match key {
        "open" => metrics::open_issues(issues).into_reading(),
        "opened" => metrics::opened_issues(issues, window).into_reading(),
        "closed" => metrics::closed_issues(issues, window).into_reading(),
        "time_to_close" => metrics::time_to_close(issues, window).into_reading(),
        "time_to_close_samples" => metrics::time_to_close_samples(issues, window).into_reading(),
        other => panic!("{other} is not a metric"),
    };
    let value = |sample: &Sample| sample.value().to_string();
    match reading {
        Ok(reading) => reading.samples().iter().map(value).collect::<Vec<_>>().join(" "),
        Err(unavailable) => line(&Err(unavailable)),
    }
}

#[tokio::test]
async fn a_history_has_the_values_that_were_computed_by_hand() {
    let github = github_with([
        Issue::new("Opened").age(days(2)),
        Issue::new("Old").age(days(50)),
        Issue::new("Solved").age(hours(30)).close(hours(20)),
        Issue::new("Solved late").age(days(40)).close(hours(480)),
        Issue::new("Solved before there were reasons").age(hours(50)).close_as(hours(30), None),
        Issue::new("Will not be solved").age(days(30)).close_as(days(1), Some("NOT_PLANNED")),
        Issue::new("Known").age(hours(2)).close_as(hours(1), Some("DUPLICATE")),
        Issue::new("Reopened").age(days(20)).close(days(3)).reopen(days(2)),
        Issue::new("Closed again").age(hours(130)).close(days(3)).reopen(days(2)).close(hours(30)),
        Issue::new("The build failed").by("ci[bot]").age(hours(3)).close(hours(2)),
        Issue::new("Touched").age(days(90)).close(days(60)).touch(hours(1)),
    ]);
    github.repository("acme/shop").pull_request(PullRequest::new("No issue").age(days(2)));
    let context = one_repository(&github);

    assert_eq!(value(&context, "open").await, "3");
    assert_eq!(value(&context, "opened").await, "6");
    assert_eq!(value(&context, "closed").await, "6");
    // The quantiles of 10 h, 20 h and 100 h.
    assert_eq!(value(&context, "time_to_close").await, "72000 302400 354240");
    assert_eq!(value(&context, "time_to_close_samples").await, "3");
    assert_eq!(github.requests().len(), 1, "one request for all metrics");
}

#[tokio::test]
async fn without_issues_a_count_is_0_and_a_quantile_is_no_data() {
    let github = github_with([]);
    let context = one_repository(&github);
    for key in ["open", "opened", "closed", "time_to_close_samples"] {
        assert_eq!(value(&context, key).await, "0", "{key}");
    }
    assert_eq!(
        value(&context, "time_to_close").await,
        "no data: there are no issues that were closed as completed in the window"
    );
}

#[tokio::test]
async fn a_repository_whose_issues_are_turned_off_has_no_data() {
    let github = github_with([Issue::new("Hidden")]);
    github.repository("acme/shop").turn_issues_off();
    assert_eq!(value(&one_repository(&github), "open").await, "no data: issues are turned off in acme/shop");
}

#[tokio::test]
async fn all_pages_are_read_while_the_list_changes() {
    let github =
        github_with((0..250).map(|n| Issue::new("Solved").age(days(3)).close(hours(24) + minutes(n))));
    let shop = github.repository("acme/shop");
    for _ in 0..300 {
        shop.issue(Issue::new("Long ago").age(days(90)).close(days(60)));
    }
    let changed = shop.clone();
    github.after_next_request(move || {
        changed.replace_issue(1, Issue::new("Solved").age(days(3)).close(days(1)).touch(Duration::ZERO));
    });

    assert_eq!(value(&one_repository(&github), "closed").await, "250");
    assert_eq!(github.requests().len(), 4, "three pages, and the first one again");
}

#[tokio::test]
async fn the_size_of_a_page_that_takes_too_long_is_halved() {
    let github = github_with((0..30).map(|_| Issue::new("Solved").close(hours(1))));
    github.time_out_queries_above(60);
    assert_eq!(value(&one_repository(&github), "closed").await, "30");
    assert_eq!(github.requests().len(), 2, "100 at once, and then 50");
}

#[tokio::test]
async fn a_list_that_is_too_long_is_an_error() {
    let github = github_with((0..101).map(|_| Issue::new("Solved").close(hours(1))));
    let settings = format!(
        "[github]\napi_url = \"{}\"\nmax_pages = 1\n[repository]\nname = \"acme/shop\"",
        github.url()
    );
    let context = Stage::empty().token().settings(&settings).started_at(now()).one_repository();
    assert_eq!(
        value(&context, "open").await,
        "error: cannot list the issues of acme/shop: the list has more than 100 items in the period that is read and would \
         be cut off; raise `max_pages` in [github]"
    );
}
