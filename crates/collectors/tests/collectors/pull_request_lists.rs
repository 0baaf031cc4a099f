//! How the lists of pull requests are read, page by page.

use std::time::Duration;

use serde_json::Value;
use system_health_test_support::{
    github::{PullRequest, Review, refusal},
    server::Answer,
};

use crate::{
    pull_requests::{github, github_with, hours, merged, minutes, now, stage, value},
    stage::{Stage, days},
};

#[tokio::test]
async fn the_lists_of_a_pull_request_are_read_to_their_end() {
    let mut pull_request = merged();
    for number in 0..250 {
        let ago = days(2) + minutes(250 - number);
        pull_request = pull_request.review(ago, Review::new("ben").comments(1)).comment(ago, "eve");
        pull_request = pull_request.force_push(ago);
    }
    let github = github_with([pull_request.convert_to_draft(days(2)).ready(hours(36)), merged()]);
    let context = stage(&github).one_repository();

    assert_eq!(value(&context, "comments").await, "p50 250, p90 450, p99 495");
    assert_eq!(value(&context, "review_rounds").await, "p50 125, p90 225, p99 247.5");
    let half_a_day = Duration::from_hours(12).as_secs();
    assert_eq!(
        value(&context, "time_to_merge").await.split(',').next(),
        Some(&*format!("p50 {}", 3 * half_a_day + half_a_day / 2))
    );
    assert_eq!(github.requests().len(), 3, "two more pages");
}

#[tokio::test]
async fn all_pages_of_both_lists_are_read_and_no_more() {
    let github = github();
    let shop = github.repository("acme/shop");
    for number in 0..330 {
        // 250 old pull requests that are open, and 80 that have a new comment but do not count.
        let old = PullRequest::new("Old").age(days(100) + minutes(number));
        shop.pull_request(if number < 250 {
            old
        } else {
            old.merge(days(50)).comment(days(2) + minutes(number), "ben")
        });
    }
    for number in 0..120 {
        shop.pull_request(merged().label(minutes(number)));
    }
    for _ in 0..500 {
        shop.pull_request(PullRequest::new("Long ago").age(days(100)).merge(days(50)));
    }
    let context = stage(&github).one_repository();

    assert_eq!(value(&context, "merged").await, "120");
    assert_eq!(value(&context, "open").await, "draft:false 250, draft:true 0");
    assert_eq!(value(&context, "stale").await, "250");
    assert_eq!(value(&context, "opened").await, "120");
    // The list of changed pull requests has pages of 50. Four pages have 200 items of the window, and the fifth has older items.
    // Then the start of the list is read again.
    assert_eq!(github.requests().len(), 6);
}

#[tokio::test]
async fn no_pull_request_is_lost_if_the_list_changes_while_it_is_read() {
    let github = github();
    let shop = github.repository("acme/shop");
    for _ in 0..120 {
        shop.pull_request(merged());
    }
    // After the first page, two pull requests of the last page get a comment, and another one is opened.
    let changed = shop.clone();
    github.after_next_request(move || {
        changed.replace_pull_request(1, merged().comment(Duration::ZERO, "ben"));
        changed.replace_pull_request(2, merged().comment(Duration::ZERO, "ben"));
        changed.pull_request(PullRequest::new("New").age(Duration::ZERO));
    });
    let context = stage(&github).one_repository();

    assert_eq!(value(&context, "merged").await, "120");
    assert_eq!(value(&context, "open").await, "draft:false 1, draft:true 0");
}

#[tokio::test]
async fn an_open_pull_request_that_is_closed_while_the_list_is_read_is_counted_once() {
    let github = github();
    let shop = github.repository("acme/shop");
    for number in 0..210 {
        shop.pull_request(PullRequest::new("Old").age(days(100) + minutes(number)));
    }
    let changed = shop.clone();
    github.after_next_request(move || {
        // One pull request was read before, and the other one was not.
        for number in [1, 210] {
            changed
                .replace_pull_request(number, PullRequest::new("Old").age(days(100)).close(Duration::ZERO));
        }
    });
    let context = stage(&github).one_repository();

    assert_eq!(value(&context, "open").await, "draft:false 208, draft:true 0");
    assert_eq!(value(&context, "closed_unmerged").await, "2");
}

#[tokio::test]
async fn the_size_of_a_page_that_takes_too_long_is_halved() {
    let github = github_with((0..30).map(|_| merged()));
    github.time_out_queries_above(4_000);
    let context = stage(&github).one_repository();
    assert_eq!(value(&context, "merged").await, "30");
    let size =
        |body: &[u8]| serde_json::from_slice::<Value>(body).ok()?["variables"]["changedFirst"].as_u64();
    let sizes: Vec<u64> = github.requests().iter().filter_map(|request| size(&request.body)).collect();
    assert_eq!(sizes[..3], [50, 25, 12]);
}

#[tokio::test]
async fn a_list_that_is_too_long_is_an_error() {
    let github = github_with((0..101).map(|_| merged()));
    let settings = format!(
        "[github]\napi_url = \"{}\"\nmax_pages = 1\n[repository]\nname = \"acme/shop\"",
        github.url()
    );
    let context = Stage::empty().token().settings(&settings).started_at(now()).one_repository();
    assert_eq!(
        value(&context, "merged").await,
        "error: cannot list the pull requests of acme/shop: the list has more than 100 items in the period that is read \
         and would be cut off; raise `max_pages` in [github]"
    );
}

#[tokio::test]
async fn a_pull_request_with_more_pages_than_the_limit_is_an_error() {
    let pull_request = (0..250)
        .fold(merged(), |pull_request, number| pull_request.comment(days(2) + minutes(number), "eve"));
    let too_long = "error: cannot read #1 in acme/shop: it has more pages of reviews, comments or events than `max_pages` in \
                    [github] allows (2) and would be cut off; raise `max_pages`";
    for (max_pages, expected) in [(3, "p50 250, p90 250, p99 250"), (2, too_long)] {
        let github = github_with([pull_request.clone()]);
        let settings = format!(
            "[github]\napi_url = \"{}\"\nmax_pages = {max_pages}\n[repository]\nname = \"acme/shop\"",
            github.url()
        );
        let context = Stage::empty().token().settings(&settings).started_at(now()).one_repository();

        assert_eq!(value(&context, "comments").await, expected);
        assert_eq!(github.requests().len(), max_pages, "one request for each page");
    }
}

#[tokio::test]
async fn a_total_that_differs_from_the_listed_pull_requests_is_an_error() {
    let github = github();
    let empty = serde_json::json!({ "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [] });
    let url = "https://github.com/acme/shop";
    let repository =
        serde_json::json!({ "url": url, "open": { "totalCount": 3 }, "changed": empty, "old": empty });
    github.fail("/graphql", Answer::json(200, &serde_json::json!({ "data": { "repository": repository } })));
    let context = stage(&github).one_repository();
    assert_eq!(
        value(&context, "open").await,
        "error: cannot list the pull requests of acme/shop: GitHub counts 3 open pull requests in acme/shop, but listed 0; \
         they may have changed while they were read"
    );
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    let github = github_with([merged()]);
    let message = "Resource not accessible by personal access token";
    github.fail("/graphql", refusal::query_error("FORBIDDEN", message));
    let value = value(&stage(&github).one_repository(), "merged").await;
    assert!(
        value.starts_with(
            "no data: the GitHub token needs the permission `Pull requests` (read) for acme/shop: "
        ),
        "{value}"
    );
    assert!(value.contains(message), "{value}");
}

#[tokio::test]
async fn a_repository_that_does_not_exist_is_an_error() {
    let github = github();
    let value = value(&stage(&github).one_repository(), "merged").await;
    assert!(
        value.starts_with("error: cannot list the pull requests of acme/shop: POST /graphql: "),
        "{value}"
    );
    assert!(value.contains("Could not resolve to a Repository with the name 'acme/shop'"), "{value}");
}

#[tokio::test]
async fn without_a_token_there_is_no_data() {
    let github = github_with([merged()]);
    let settings = "[repository]\nname = \"acme/shop\"\n[commits]\nsource = \"github\"";
    let context = Stage::empty().github(&github).settings(settings).started_at(now()).one_repository();
    assert_eq!(
        value(&context, "merged").await,
        "no data: GitHub's GraphQL API needs a token, even for public repositories; set a GitHub token"
    );
}
