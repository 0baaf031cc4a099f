//! How the client makes requests: pages, redirects, retries, deadlines and errors.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use system_health_collectors::github::GitHub;
use system_health_test_support::{
    github::{Commit, Conclusion, FakeGitHub, Run, refusal},
    server::{Answer, Fault, Server},
};

use crate::stage::{OneRepository, Stage, TOKEN, hotfixes, line, reverts, tests};

/// A GitHub where `acme/shop` has a commit with a hotfix.
fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commit("Hotfix the checkout");
    github
}

/// The number of commits in the whole list of `acme/shop`.
async fn listed(context: &OneRepository) -> anyhow::Result<usize> {
    let github = context.get::<GitHub>().await.unwrap();
    let pages = github.pages::<Vec<Value>>(&["repos", "acme", "shop", "commits"], &[("per_page", "100")]);
    Ok(pages.all().await?.iter().map(Vec::len).sum())
}

const ONE_COMMIT: &str = "1 [branch:main, repository:acme/shop]";

#[tokio::test]
async fn a_whole_run_over_250_commits_takes_four_requests() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    let shop = github.repository("acme/shop");
    shop.commits(248).commit("hotfix: prices").commit("Revert \"Sell socks\"");
    shop.run(Run::new("checks.yml").job("test", Conclusion::Success));
    let context = Stage::on(&github).one_repository();

    let (hotfixes, reverts, tests) = tokio::join!(hotfixes(&context), reverts(&context), tests(&context));

    assert_eq!(line(&hotfixes), ONE_COMMIT);
    assert_eq!(line(&reverts), ONE_COMMIT);
    assert_eq!(line(&tests), "1 [branch:main, repository:acme/shop, workflow:checks.yml]");
    let requests = github.requests();
    let count = |text: &str| requests.iter().filter(|request| request.path().ends_with(text)).count();
    assert_eq!(
        (requests.len(), count("/commits"), count("/runs"), count("/jobs")),
        (4, 3, 1, 0),
        "{requests:#?}"
    );
    for request in &requests {
        assert_eq!(request.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
        assert_eq!(request.header("user-agent"), Some(concat!("system-health/", env!("CARGO_PKG_VERSION"))));
        assert_eq!(request.header("accept"), Some("application/vnd.github+json"));
        assert_eq!(request.header("x-github-api-version"), Some("2022-11-28"));
    }
}

#[tokio::test]
async fn every_page_is_counted() {
    let github = github();
    for number in 0..249 {
        github.repository("acme/shop").commit(format!("hotfix {number}"));
    }

    let outcome = Stage::on(&github).hotfixes().await;

    assert_eq!(line(&outcome), "250 [branch:main, repository:acme/shop]");
}

#[tokio::test]
async fn later_pages_are_requested_concurrently() {
    let github = Arc::new(github());
    github.repository("acme/shop").commits(250);
    github.fail("&page=2", Fault::Hang);
    let context = Stage::on(&github).one_repository();
    let list = tokio::spawn(async move { listed(&context).await });

    // Page 2 never arrives, so page 3 is requested only if the client does not wait for page 2.
    let waiting = Arc::clone(&github);
    let third = tokio::task::spawn_blocking(move || waiting.wait_for("&page=3")).await.unwrap();

    assert!(third.path().starts_with("/repositories/"), "GitHub's own link is followed: {}", third.target);
    list.abort();
}

#[tokio::test]
async fn a_list_beyond_the_limit_is_an_error_and_not_a_smaller_count() {
    let github = github();
    github.repository("acme/shop").commits(250);
    let stage = |history: &str| {
        Stage::empty()
            .token()
            .settings("[repository]\nname = \"acme/shop\"\nbranch = \"main\"")
            .settings(&format!("[commits]\nhistory = \"{history}\""))
            .settings(&format!("[github]\nmax_pages = 2\napi_url = \"{}\"", github.url()))
    };
    let id = github.repository("acme/shop").id().to_string();

    let listed = listed(&stage("all").one_repository()).await.unwrap_err();
    let all_history = line(&stage("all").hotfixes().await);
    let first_parent = line(&stage("first-parent").hotfixes().await);

    let expected = "the list has more pages than `max_pages` in [github] allows (2) and would be cut off; raise `max_pages`";
    assert!(format!("{listed:#}").ends_with(expected), "{listed:#}");
    let error = "error: cannot list the commits on the branch `main` of acme/shop";
    assert_eq!(all_history.replace(&id, "ID"), format!("{error}: GET /repositories/ID/commits: {expected}"));
    assert_eq!(
        first_parent,
        format!(
            "{error}: the window has more pages of commits than `max_pages` in [github] allows (2) and would be \
             cut off; raise `max_pages`"
        )
    );
}

#[tokio::test]
async fn a_list_of_unknown_length_is_followed_link_by_link() {
    // Pages of one commit each, up to the page `last`. No page says how many pages there are.
    let pages = |last: usize| {
        Server::start(move |request| {
            let page: usize =
                request.query().rsplit_once("&page=").map_or(1, |(_, page)| page.parse().unwrap());
            let commit = json!({"sha": page.to_string(), "parents": [], "commit": {"message": "hotfix",
                "committer": {"date": "2024-01-01T00:00:00Z"}}});
            let answer = Answer::json(200, &json!([commit]));
            let host = request.header("host").unwrap();
            let next = format!("<http://{host}/more?x=1&page={}>; rel=\"next\"", page + 1);
            if page < last { answer.with_header("link", &next) } else { answer }
        })
    };
    let stage = |server: &Server| {
        Stage::empty()
            .token()
            .settings("[repository]\nname = \"acme/shop\"\nbranch = \"main\"")
            .settings("[metrics]\nwindow = \"365000d\"\n[commits]\nhistory = \"all\"")
            .settings(&format!("[github]\nmax_pages = 5\napi_url = \"{}\"", server.url()))
    };

    let (five, endless) = (pages(5), pages(usize::MAX));
    assert_eq!(line(&stage(&five).hotfixes().await), "5 [branch:main, repository:acme/shop]");
    assert!(
        line(&stage(&endless).hotfixes().await)
            .contains("more pages than `max_pages` in [github] allows (5)")
    );
    assert_eq!(endless.requests().len(), 5);
}

#[tokio::test]
async fn a_renamed_repository_is_found_and_reported_under_the_name_in_the_settings() {
    let github = github();
    let shop = github.repository("acme/shop");
    shop.commits(150).run(Run::new("checks.yml").job("test", Conclusion::Success));
    shop.rename("acme/store");
    let stage = Stage::on(&github);

    assert_eq!(line(&stage.hotfixes().await), ONE_COMMIT);
    assert_eq!(line(&stage.tests().await), "1 [branch:main, repository:acme/shop, workflow:checks.yml]");
}

#[tokio::test]
async fn the_token_is_not_sent_to_other_hosts() {
    let elsewhere = Server::start(|_| Answer::json(200, &json!([])));
    let redirect = Answer::json(301, &json!({})).with_header("location", &format!("{}/x", elsewhere.url()));
    let linking = |relation: &str| {
        let link = format!("<{}/x?page=2>; rel=\"{relation}\"", elsewhere.url());
        Answer::json(200, &json!([])).with_header("link", &link)
    };
    for (answer, what) in [
        (redirect, "redirect"),
        (linking("next"), "link to the next page"),
        (linking("last"), "link to the last page"),
    ] {
        let github = github();
        github.fail("/commits", answer);

        let outcome = line(&Stage::on(&github).hotfixes().await);

        let expected = format!(
            "GET /repos/acme/shop/commits: GitHub's {what} points to `{}` and not to {}, so it was not followed",
            elsewhere.url(),
            github.url()
        );
        assert!(outcome.ends_with(&expected), "{outcome}");
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn redirects_without_an_end_are_an_error() {
    let github = github();
    github
        .fail("/commits", Answer::json(302, &json!({})).with_header("location", "/repos/acme/shop/commits"));

    let outcome = line(&Stage::on(&github).hotfixes().await);

    assert!(
        outcome.ends_with("GET /repos/acme/shop/commits: GitHub redirected more than 5 times"),
        "{outcome}"
    );
}

#[tokio::test]
async fn temporary_errors_are_retried_until_they_end() {
    let no_time = Duration::ZERO;
    for fault in [
        refusal::server_error(500).into(),
        refusal::server_error(502).into(),
        refusal::secondary_rate_limit(403, no_time).into(),
        refusal::secondary_rate_limit(429, no_time).into(),
        Fault::Disconnect,
    ] {
        let github = github();
        github.fail_times(1, "/commits", fault);

        let outcome = Stage::on(&github).hotfixes().await;

        assert_eq!(line(&outcome), ONE_COMMIT);
        assert_eq!(github.requests().len(), 2);
    }
}

#[tokio::test]
async fn temporary_errors_of_later_pages_are_retried() {
    let github = github();
    github.repository("acme/shop").commits(250);
    github.fail_times(1, "&page=2", refusal::server_error(503));

    assert_eq!(listed(&Stage::on(&github).one_repository()).await.unwrap(), 251);
    assert_eq!(github.requests().len(), 4);
}

#[tokio::test]
async fn a_rate_limit_that_outlasts_the_deadline_fails_the_request_at_once() {
    let reset = humantime::parse_rfc3339("2100-01-01T00:00:00Z").unwrap();
    let github = github();
    github.fail("/commits", refusal::rate_limit(403, 5000, reset));

    let outcome = line(&Stage::on(&github).hotfixes().await);

    assert!(outcome.contains("(not retried: a wait of "), "{outcome}");
    assert!(
        outcome.ends_with(
            "would end after the run's deadline): GitHub's rate limit is exhausted until 2100-01-01T00:00:00Z: \
             403 Forbidden: API rate limit exceeded for user ID 1. \
             (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api)"
        ),
        "{outcome}"
    );
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn a_rate_limit_that_ends_after_the_deadline_stops_all_requests() {
    let github = github();
    github.fail("/commits", refusal::secondary_rate_limit(429, Duration::from_hours(1)));
    let context = Stage::on(&github).one_repository();
    assert!(hotfixes(&context).await.is_err());

    let outcome = line(&tests(&context).await);

    assert!(outcome.contains("GET /repos/acme/shop/actions/workflows/"), "{outcome}");
    assert!(outcome.contains(" (not retried: a wait of "), "{outcome}");
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_before_the_deadline() {
    let github = github();
    github.fail("/commits", Fault::Hang);

    let outcome = line(&Stage::on(&github).deadline(Duration::from_millis(500)).hotfixes().await);

    assert_eq!(
        outcome,
        "error: cannot list the commits on the branch `main` of acme/shop: GET /repos/acme/shop/commits: no response from \
         127.0.0.1 before the run's deadline"
    );
}

#[tokio::test]
async fn a_refused_connection_is_an_error_with_its_cause() {
    let github = github();
    let stage = Stage::on(&github).deadline(Duration::from_millis(500));
    drop(github);

    let outcome = line(&stage.hotfixes().await);

    assert!(outcome.contains("no response from 127.0.0.1: "), "{outcome}");
    assert!(outcome.contains("Connection refused"), "{outcome}");
}

#[tokio::test]
async fn a_response_with_an_unexpected_form_is_an_error() {
    let commit =
        |date: &str| json!([{"sha": "1", "commit": {"message": "hotfix", "committer": {"date": date}}}]);
    for (answer, expected) in [
        (
            Answer::text(200, "text/html", "<html>\n<h1>Sign in</h1>"),
            "the response is not JSON; it starts with `<html>\\n<h1>Sign in</h1>`: expected value at line 1 column 1",
        ),
        (
            Answer::json(200, &json!({"message": "x"})),
            "the response has an unexpected form at `.`: invalid type: map, expected a sequence at line 1 column 0",
        ),
        (
            Answer::json(200, &commit("now")),
            "the response has an unexpected form at `[0].commit.committer.date`: `now` is not a time at line 1 column \
             38",
        ),
        (
            Answer::text(200, "application/json", "[{\"sha\": \"1\", "),
            "the response is not JSON; it starts with `[{\\\"sha\\\": \\\"1\\\", `: EOF while parsing a value at line 1 \
             column 14",
        ),
        (Answer::text(202, "application/json", "[]"), "GitHub answered 202 Accepted"),
        (
            Answer::text(200, "application/json", "[] []"),
            "the response is not JSON; it starts with `[] []`: trailing characters at line 1 column 4",
        ),
    ] {
        let github = github();
        github.fail("/commits", answer);

        let outcome = line(&Stage::on(&github).hotfixes().await);

        assert!(outcome.ends_with(&format!("GET /repos/acme/shop/commits: {expected}")), "{outcome}");
        assert_eq!(github.requests().len(), 1);
    }
}

#[tokio::test]
async fn after_an_error_the_same_page_is_requested_again() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(150);
    let client = Stage::on(&github).one_repository().get::<GitHub>().await.unwrap();
    let mut pages = client.pages::<Vec<Value>>(&["repos", "acme", "shop", "commits"], &[("per_page", "100")]);
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 100);
    github.fail_times(1, "&page=2", Answer::json(404, &json!({ "message": "Not Found" })));
    pages.next().await.unwrap_err();
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 50);
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_page_in_the_middle_that_ends_the_list_is_an_error() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(250);
    github.fail("&page=2", Answer::json(200, &json!([])));

    let error = listed(&Stage::on(&github).one_repository()).await.unwrap_err();

    let expected = "the list should have 3 pages, but ends on page 2; it may be incomplete";
    assert!(format!("{error:#}").ends_with(expected), "{error:#}");
}

#[tokio::test]
async fn a_token_that_the_server_repeats_is_not_printed() {
    let echo = format!("authorization: Bearer {TOKEN}");
    for answer in [
        Answer::json(400, &json!({ "message": echo })),
        Answer::json(429, &json!({ "documentation_url": echo })),
        Answer::text(200, "text/plain", &echo),
        // The quotation in the message ends within the token.
        Answer::text(200, "text/plain", &("x".repeat(75) + TOKEN)),
        Answer::json(200, &json!(TOKEN)),
        Answer::json(200, &json!([{ "sha": { TOKEN: 1 } }])),
        Answer::json(200, &json!([])).with_header("link", TOKEN),
        Answer::json(302, &json!({})).with_header("location", &format!("http://{TOKEN}.example/")),
    ] {
        let github = github();
        github.fail("/commits", answer);

        let outcome = line(&Stage::on(&github).hotfixes().await);

        let start = &TOKEN[..5];
        assert!(outcome.starts_with("error: ") && !outcome.contains(start), "{outcome}");
    }
}

#[tokio::test]
async fn a_token_that_occurs_in_the_data_does_not_change_the_data() {
    let github = FakeGitHub::builder().token("fix").start();
    github.repository("acme/shop").commit("hotfix: prices");
    let stage = Stage::empty()
        .github(&github)
        .variable("GITHUB_TOKEN", "fix")
        .settings("[repository]\nname = \"acme/shop\"\nbranch = \"main\"");

    assert_eq!(line(&stage.hotfixes().await), ONE_COMMIT);
}

#[tokio::test]
async fn a_refusal_is_an_error_that_is_not_retried() {
    for (answer, expected) in [
        (
            refusal::bad_credentials(),
            "GitHub answered 401 Unauthorized: Bad credentials (https://docs.github.com/rest); check the GitHub token: it \
             may be mistyped, expired or revoked",
        ),
        (
            refusal::forbidden(),
            "GitHub answered 403 Forbidden: Resource not accessible by personal access token \
             (https://docs.github.com/rest)",
        ),
    ] {
        let github = github();
        github.fail("/commits", answer);

        let outcome = line(&Stage::on(&github).hotfixes().await);

        assert!(outcome.ends_with(expected), "{outcome}");
        assert!(!outcome.contains(TOKEN));
        assert_eq!(github.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_is_an_error_that_does_not_repeat_it() {
    let github = github();
    let stage = Stage::empty()
        .github(&github)
        .variable("GITHUB_TOKEN", "ghp_\u{1}secret")
        .settings("[repository]\nname = \"acme/shop\"");

    let outcome = line(&stage.hotfixes().await);

    assert!(outcome.starts_with("error: "), "{outcome}");
    assert!(!outcome.contains("secret"), "{outcome}");
    assert_eq!(github.requests().len(), 0);
}

#[tokio::test]
async fn the_api_of_an_enterprise_server_is_below_a_path() {
    let github = FakeGitHub::builder().base_path("/api/v3").token(TOKEN).start();
    github.repository("acme/shop").commits(150).commit(Commit::new("hotfix").age(Duration::from_hours(1)));

    assert_eq!(line(&Stage::on(&github).hotfixes().await), ONE_COMMIT);
    assert!(github.requests().iter().all(|request| request.path().starts_with("/api/v3/rep")));
}
