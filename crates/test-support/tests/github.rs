//! The fake GitHub does what GitHub does, as far as its clients can tell.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};
use system_health_test_support::github::{
    Alert, Commit,
    Conclusion::{Cancelled, Failure, Success},
    FakeGitHub, Job, Run, refusal,
};

const COMMITS: &str = "/repos/acme/shop/commits";
const RUNS: &str = "/repos/acme/shop/actions/workflows/checks.yml/runs";

struct Received {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The URL of a relation in the `Link` header.
    fn link(&self, relation: &str) -> Option<&str> {
        let links = self.header("link").split(", ");
        let link = links
            .filter_map(|link| link.split_once("; rel="))
            .find(|(_, name)| name.trim_matches('"') == relation);
        link.map(|(url, _)| url.trim_matches(['<', '>']))
    }

    /// One field of all items of a list.
    fn fields<'a>(&'a self, list: &str, field: &str) -> Vec<&'a Value> {
        self.body
            .pointer(list)
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item.pointer(field).unwrap())
            .collect()
    }
}

async fn fetch(url: &str, token: Option<&str>) -> Received {
    let client = Client::builder().no_proxy().redirect(Policy::none()).user_agent("test").build().unwrap();
    let request = client.get(url);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Received { status, headers, body: serde_json::from_str(&answer.text().await.unwrap()).unwrap() }
}

/// The status and the remaining quota of a conditional request.
async fn ask_for_change(url: &str, token: Option<&str>, etag: &str) -> (u16, String) {
    let client = Client::builder().no_proxy().user_agent("test").build().unwrap();
    let request = client.get(url).header("if-none-match", etag);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let remaining = answer.headers()["x-ratelimit-remaining"].to_str().unwrap().to_owned();
    assert_eq!(answer.headers()["etag"], *etag);
    (answer.status().as_u16(), remaining)
}

async fn get(github: &FakeGitHub, target: &str) -> Received {
    fetch(&(github.url() + target), None).await
}

fn days(days: u64) -> Duration {
    Duration::from_hours(24 * days)
}

#[tokio::test]
async fn commits_come_newest_first_in_pages() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(250);

    let mut page = get(&github, &format!("{COMMITS}?sha=main&per_page=100")).await;
    let last = page.link("last").map(str::to_owned);
    let mut messages: Vec<Value> = page.fields("", "/commit/message").into_iter().cloned().collect();
    while let Some(next) = page.link("next").map(str::to_owned) {
        page = fetch(&next, None).await;
        messages.extend(page.fields("", "/commit/message").into_iter().cloned());
    }

    let expected: Vec<Value> = (1..=250).map(|number| format!("Change number {number}").into()).collect();
    assert_eq!(messages, expected);
    let by_id = format!("{}/repositories/{}/commits?sha=main&per_page=100", github.url(), shop.id());
    assert_eq!(last, Some(format!("{by_id}&page=3")));
    assert_eq!(page.link("prev"), Some(&*format!("{by_id}&page=2")));
    assert_eq!(github.requests().len(), 3);
}

#[tokio::test]
async fn a_page_has_thirty_items_by_default_and_at_most_a_hundred() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commits(101);

    let usual = get(&github, COMMITS).await;
    let greedy = get(&github, &format!("{COMMITS}?per_page=1000")).await;

    assert_eq!(usual.body.as_array().unwrap().len(), 30);
    assert_eq!(greedy.body.as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn since_and_until_are_inclusive_and_use_the_commit_date() {
    let now = humantime::parse_rfc3339("2025-04-01T12:00:00Z").unwrap();
    let github = FakeGitHub::builder().now(now).start();
    github
        .repository("acme/shop")
        .commit(Commit::new("too old").age(days(8)).authored_at(now))
        .commit(Commit::new("just in time").age(days(7)))
        .commit(Commit::new("rebased").age(days(1)).authored_at(now - days(90)));

    let since = get(&github, &format!("{COMMITS}?since=2025-03-25T12:00:00Z")).await;
    let until = get(&github, &format!("{COMMITS}?until=2025-03-25T12:00:00%2B00:00")).await;
    let unreadable = get(&github, &format!("{COMMITS}?since=yesterday")).await;

    assert_eq!(since.fields("", "/commit/message"), ["rebased", "just in time"]);
    assert_eq!(until.fields("", "/commit/message"), ["just in time", "too old"]);
    assert_eq!(unreadable.status, 400);
}

#[tokio::test]
async fn branches_have_their_own_commits() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.default_branch("trunk").commit("on trunk").commit(Commit::new("on release").branch("release/1"));

    let default = get(&github, COMMITS).await;
    let release = get(&github, &format!("{COMMITS}?sha=release%2F1")).await;
    let unknown = get(&github, &format!("{COMMITS}?sha=main")).await;
    let repository = get(&github, "/repos/acme/shop").await;

    assert_eq!(default.fields("", "/commit/message"), ["on trunk"]);
    assert_eq!(release.fields("", "/commit/message"), ["on release"]);
    assert_eq!((unknown.status, &unknown.body["message"]), (404, &"Not Found".into()));
    assert_eq!(repository.body["default_branch"], "trunk");
}

#[tokio::test]
async fn merged_commits_stay_when_their_branch_is_deleted() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("first").age(days(3)));
    shop.commit(Commit::new("on topic").branch("topic").after(["main"]).age(days(2)));
    shop.commit(Commit::new("merge").after(["main", "topic"]).age(days(1)));
    shop.delete_branch("topic");

    let main = get(&github, COMMITS).await;
    let topic = get(&github, &format!("{COMMITS}?sha=topic")).await;

    assert_eq!(main.fields("", "/commit/message"), ["merge", "on topic", "first"]);
    assert_eq!(topic.status, 404);
}

#[tokio::test]
async fn a_repository_says_whether_its_issues_are_on() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");

    let on = get(&github, "/repos/acme/shop").await;
    shop.turn_issues_off();
    let off = get(&github, "/repos/acme/shop").await;

    assert_eq!((&on.body["has_issues"], &off.body["has_issues"]), (&true.into(), &false.into()));
}

#[tokio::test]
async fn requests_for_missing_things_are_refused() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").workflow("idle.yml");

    let refused = [
        (COMMITS, 409, "Git Repository is empty."),
        (RUNS, 404, "Not Found"),
        ("/repos/acme/shop/actions/runs/1/jobs", 404, "Not Found"),
        ("/repos/acme/shop/issues", 404, "Not Found"),
        ("/repos/acme/other/commits", 404, "Not Found"),
        ("/repositories/1/commits", 404, "Not Found"),
        ("/", 404, "Not Found"),
    ];
    for (target, status, message) in refused {
        let answer = get(&github, target).await;
        assert_eq!((answer.status, &answer.body["message"]), (status, &message.into()), "{target}");
        assert_eq!(answer.body["status"], status.to_string(), "{target}");
    }
    let idle = get(&github, "/repos/acme/shop/actions/workflows/idle.yml/runs").await;
    assert_eq!((idle.status, &idle.body["total_count"]), (200, &0.into()));
}

#[tokio::test]
async fn runs_are_filtered_by_branch_and_status() {
    let github = FakeGitHub::start();
    github
        .repository("acme/shop")
        .run(Run::new("checks.yml").id(1).age(days(3)))
        .run(Run::new("checks.yml").id(2).age(days(2)).conclusion(Failure))
        .run(Run::new("checks.yml").id(3).branch("feature"))
        .run(Run::new("checks.yml").id(4).in_progress())
        .run(Run::new("checks.yml").id(5).age(days(1)).fork("mallory/shop").conclusion(Cancelled))
        .run(Run::new("other.yml").id(6));

    let main = get(&github, &format!("{RUNS}?branch=main")).await;
    let completed = get(&github, &format!("{RUNS}?branch=main&status=completed")).await;
    let failed = get(&github, &format!("{RUNS}?status=failure&per_page=1")).await;

    assert_eq!(main.fields("/workflow_runs", "/id"), [4, 5, 2, 1]);
    assert_eq!(completed.fields("/workflow_runs", "/conclusion"), ["cancelled", "failure", "success"]);
    assert_eq!(
        completed.fields("/workflow_runs", "/head_repository/full_name"),
        ["mallory/shop", "acme/shop", "acme/shop"]
    );
    assert_eq!(completed.body["total_count"], 3);
    assert_eq!(failed.fields("/workflow_runs", "/id"), [2]);
    assert_eq!(main.body["workflow_runs"][0]["conclusion"], Value::Null);
}

#[tokio::test]
async fn jobs_are_those_of_the_latest_attempt_or_of_all_attempts() {
    let github = FakeGitHub::start();
    let run = Run::new("checks.yml")
        .id(7)
        .conclusion(Failure)
        .job("unit tests", Failure)
        .re_run()
        .job("unit tests", Success)
        .with_job(Job::in_progress("docs"));
    github.repository("acme/shop").run(run);
    let jobs = "/repos/acme/shop/actions/runs/7/jobs";

    let latest = get(&github, &format!("{jobs}?filter=latest")).await;
    let all_attempts = get(&github, &format!("{jobs}?filter=all&per_page=2")).await;

    assert_eq!(latest.fields("/jobs", "/name"), ["unit tests", "docs"]);
    assert_eq!(latest.fields("/jobs", "/conclusion"), [&"success".into(), &Value::Null]);
    assert_eq!(all_attempts.fields("/jobs", "/conclusion"), ["failure", "success"]);
    assert_eq!(all_attempts.body["total_count"], 3);
    assert!(
        all_attempts.link("next").unwrap().ends_with("/actions/runs/7/jobs?filter=all&per_page=2&page=2")
    );
}

#[tokio::test]
async fn every_attempt_of_a_run_can_be_read() {
    let github = FakeGitHub::start();
    let run = Run::new("checks.yml").id(7).age(days(3)).conclusion(Failure).re_run().started(days(1));
    github.repository("acme/shop").run(run);
    let run = "/repos/acme/shop/actions/runs/7";

    let latest = get(&github, run).await.body;
    let first = get(&github, &format!("{run}/attempts/1")).await.body;
    let second = get(&github, &format!("{run}/attempts/2")).await.body;

    assert_eq!((&latest["status"], &latest["run_attempt"]), (&"in_progress".into(), &2.into()));
    assert_eq!((&first["conclusion"], &first["run_attempt"]), (&"failure".into(), &1.into()));
    assert_eq!(first["run_started_at"], latest["created_at"]);
    assert_ne!(latest["run_started_at"], latest["created_at"]);
    assert_eq!(second, latest);
    for missing in ["attempts/0", "attempts/3", "attempts/one"] {
        assert_eq!(get(&github, &format!("{run}/{missing}")).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn a_stopped_search_index_hides_what_happened_since() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.run(Run::new("checks.yml").id(1)).run(Run::new("checks.yml").id(2).in_progress());
    shop.stop_search_index();
    shop.run(Run::new("checks.yml").id(2).conclusion(Failure)).run(Run::new("checks.yml").id(3));

    let all_runs = get(&github, &format!("{RUNS}?per_page=100")).await;
    let filtered = get(&github, &format!("{RUNS}?branch=main")).await;

    assert_eq!(all_runs.fields("/workflow_runs", "/id"), [3, 2, 1]);
    assert_eq!(all_runs.fields("/workflow_runs", "/run_number"), [3, 2, 1]);
    assert_eq!(filtered.fields("/workflow_runs", "/id"), [2, 1]);
    assert_eq!(filtered.body["workflow_runs"][0]["status"], "in_progress");
}

#[tokio::test]
async fn every_request_for_a_renamed_repository_is_redirected() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1).rename("acme/store");

    let commits = get(&github, &format!("{COMMITS}?sha=main&per_page=100")).await;
    let repository = get(&github, "/repos/ACME/Shop").await;
    let followed = fetch(commits.header("location"), None).await;
    let new_name = get(&github, "/repos/acme/store").await;

    let by_id = format!("{}/repositories/{}", github.url(), shop.id());
    assert_eq!(commits.status, 301);
    assert_eq!(commits.header("location"), format!("{by_id}/commits?sha=main&per_page=100"));
    assert_eq!((repository.status, repository.header("location")), (301, &*by_id));
    assert_eq!(followed.fields("", "/commit/message"), ["Change number 1"]);
    assert_eq!((new_name.status, &new_name.body["full_name"]), (200, &"acme/store".into()));
}

#[tokio::test]
async fn a_new_repository_takes_the_old_name_of_a_renamed_one() {
    let github = FakeGitHub::start();
    let old = github.repository("acme/shop");
    old.rename("acme/store");

    let new = github.repository("acme/shop");

    let answer = get(&github, "/repos/acme/shop").await;
    assert_eq!((answer.status, &answer.body["id"]), (200, &new.id().into()));
    assert_ne!(new.id(), old.id());
}

#[tokio::test]
async fn a_token_opens_private_repositories_and_must_be_right() {
    let github = FakeGitHub::builder().token("right").start();
    github.repository("acme/public");
    github.repository("acme/secret").private();
    let url = github.url();

    for (repository, token, status) in [
        ("acme/public", None, 200),
        ("acme/public", Some("right"), 200),
        ("acme/public", Some("wrong"), 401),
        ("acme/secret", None, 404),
        ("acme/secret", Some("right"), 200),
    ] {
        let answer = fetch(&format!("{url}/repos/{repository}"), token).await;
        assert_eq!(answer.status, status, "{repository} {token:?}: {}", answer.body);
    }
}

/// Asks as the app 123 for a token of its installation 77. The fake does not verify signatures.
async fn installation_token(github: &FakeGitHub) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({ "iat": now, "exp": now + 60, "iss": "123" });
    let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}.signature", part(&json!({ "alg": "RS256" })), part(&claims));
    let client = Client::builder().no_proxy().user_agent("test").build().unwrap();
    let request = client.post(github.url() + "/app/installations/77/access_tokens").bearer_auth(signed);
    let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_of_an_app_is_wrong_once_it_has_expired() {
    for (lifetime, status) in [(Duration::from_hours(1), 200), (Duration::ZERO, 401)] {
        let github = FakeGitHub::builder().app(123, 77, "acme", true);
        let github = github.app_tokens_expire_after(lifetime).start();
        github.repository("acme/shop").private();
        let token = installation_token(&github).await;

        let read = fetch(&(github.url() + "/repos/acme/shop"), Some(&token)).await;

        assert_eq!(read.status, status, "{lifetime:?}");
    }
}

#[test]
#[should_panic(expected = "an app")]
fn the_lifetime_of_tokens_can_only_be_set_after_the_app() {
    let _ = FakeGitHub::builder().app_tokens_expire_after(Duration::ZERO);
}

#[tokio::test]
async fn pages_of_secrets_have_numbers_unless_the_request_has_a_cursor() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    for _ in 0..3 {
        shop.alert(Alert::secret());
    }
    let target = "/repos/acme/shop/secret-scanning/alerts?per_page=2";

    let numbered = get(&github, target).await;
    let with_cursor = get(&github, &format!("{target}&after=")).await;

    assert!(numbered.link("next").unwrap().ends_with("?per_page=2&page=2"), "{}", numbered.header("link"));
    let link = with_cursor.link("next").unwrap();
    assert!(link.contains("after=") && !link.contains("&page="), "{link}");
}

#[tokio::test]
async fn requests_are_counted_until_none_is_left() {
    let github = FakeGitHub::builder().rate_limit(2).start();
    github.repository("acme/shop");

    let first = get(&github, "/repos/acme/shop").await;
    let second = get(&github, "/repos/acme/shop").await;
    let third = get(&github, "/repos/acme/shop").await;
    let rate_limit = get(&github, "/rate_limit").await;

    assert_eq!((first.header("x-ratelimit-remaining"), second.header("x-ratelimit-remaining")), ("1", "0"));
    assert_eq!((third.status, third.header("x-ratelimit-remaining")), (403, "0"));
    assert_eq!((third.header("x-ratelimit-limit"), third.header("x-ratelimit-used")), ("2", "2"));
    assert_eq!(third.header("x-ratelimit-reset"), second.header("x-ratelimit-reset"));
    assert_eq!((rate_limit.status, &rate_limit.body["rate"]["used"]), (200, &2.into()));
}

#[tokio::test]
async fn a_response_that_has_not_changed_is_counted_only_without_a_token() {
    let github = FakeGitHub::builder().token("right").rate_limit(9).start();
    github.repository("acme/shop");
    let url = github.url() + "/repos/acme/shop";

    for (token, remaining) in [(Some("right"), "8"), (None, "7")] {
        let first = fetch(&url, token).await;
        assert_eq!((first.status, first.header("x-ratelimit-remaining")), (200, "8"));

        let second = ask_for_change(&url, token, first.header("etag")).await;
        assert_eq!(second, (304, remaining.to_owned()), "{token:?}");
    }
}

#[tokio::test]
async fn an_enterprise_server_has_a_base_path() {
    let github = FakeGitHub::builder().base_path("/api/v3").start();
    github.repository("acme/shop").commits(2);

    let inside = get(&github, &format!("{COMMITS}?per_page=1")).await;
    let outside = fetch(&(github.url().replace("/api/v3", "") + COMMITS), None).await;

    assert_eq!(inside.status, 200);
    assert!(inside.link("next").unwrap().starts_with(&format!("{}/repositories/", github.url())));
    assert_eq!(outside.status, 404);
}

#[tokio::test]
async fn a_fault_affects_only_its_endpoint() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commits(1).run(Run::new("checks.yml").id(7).job("unit tests", Success));
    github.fail_times(1, "/commits", refusal::secondary_rate_limit(403, Duration::from_secs(7)));
    github.fail("/runs?", refusal::server_error(502));

    let limited = get(&github, COMMITS).await;
    let again = get(&github, COMMITS).await;
    let runs = get(&github, &format!("{RUNS}?branch=main")).await;
    let jobs = get(&github, "/repos/acme/shop/actions/runs/7/jobs?filter=latest").await;

    assert_eq!((limited.status, limited.header("retry-after")), (403, "7"));
    assert_eq!((again.status, runs.status, jobs.status), (200, 502, 200));
    assert_eq!(github.exchanges().len(), 2, "faults are not exchanges");
}

#[tokio::test]
async fn a_later_response_contains_new_commits() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commit("first");
    let before = get(&github, COMMITS).await;

    shop.commit("second");

    let after = get(&github, COMMITS).await;
    assert_eq!(before.fields("", "/commit/message"), ["first"]);
    assert_eq!(after.fields("", "/commit/message"), ["second", "first"]);
}
