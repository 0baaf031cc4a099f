//! The fake GitHub is checked against GitHub's own description of its API. The check itself is tested, too: a wrong
//! response or request must be refused.

use std::time::{Duration, SystemTime};

use reqwest::Client;
use serde_json::{Value, json};
use system_health_test_support::{
    github::{
        Activity, Alert, Check, Commit,
        Conclusion::{
            ActionRequired, Cancelled, Failure, Neutral, Skipped, Stale, StartupFailure, Success, TimedOut,
        },
        FakeGitHub, Job, RequiredCheck, Run, Runner,
        contract::{self, Exchange, assert_refused, json_pointers},
        refusal,
    },
    server::Answer,
};

const REPOSITORY: &str = "/repos/acme/shop";
const COMMITS: &str = "/repos/acme/shop/commits";
const WORKFLOWS: &str = "/repos/acme/shop/actions/workflows";
const ALL_RUNS: &str = "/repos/acme/shop/actions/runs";
const RUNNERS: &str = "/repos/acme/shop/actions/runners";
const RUNS: &str = "/repos/acme/shop/actions/workflows/checks.yml/runs";
const RUN: &str = "/repos/acme/shop/actions/runs/7";
const ATTEMPT: &str = "/repos/acme/shop/actions/runs/7/attempts/1";
const JOBS: &str = "/repos/acme/shop/actions/runs/7/jobs";
const COMPARISON: &str = "/repos/acme/shop/compare/earlier...main";
const RATE_LIMIT: &str = "/rate_limit";
const ACTIVITY: &str = "/repos/acme/shop/activity";
const BRANCH: &str = "/repos/acme/shop/branches/main";
const RULES: &str = "/repos/acme/shop/rules/branches/main";
const CHECK_RUNS: &str = "/repos/acme/shop/commits/7fd1a60b01f91b314f59955a4e4d4e80d8edf11d/check-runs";
const STATUS: &str = "/repos/acme/shop/commits/7fd1a60b01f91b314f59955a4e4d4e80d8edf11d/status";
const DEPENDABOT: &str = "/repos/acme/shop/dependabot/alerts";
const CODE_SCANNING: &str = "/repos/acme/shop/code-scanning/alerts";
const SECRETS: &str = "/repos/acme/shop/secret-scanning/alerts";
/// The endpoints about branches and alerts.
const BRANCH_AND_ALERT_ENDPOINTS: [&str; 8] =
    [ACTIVITY, BRANCH, RULES, CHECK_RUNS, STATUS, DEPENDABOT, CODE_SCANNING, SECRETS];

/// A fake GitHub with every kind of item that it can return.
fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token("right").start();
    let shop = github.repository("acme/shop");
    shop.workflow("release.yml").commits(250).commit(Commit::new("By a stranger").unknown_author());
    shop.commit(Commit::new("Earlier").branch("master").after(["main"])).rename_branch("master", "earlier");
    shop.commits(3);
    for conclusion in
        [Success, Failure, Neutral, Cancelled, Skipped, TimedOut, ActionRequired, Stale, StartupFailure]
    {
        shop.run(Run::new("checks.yml").conclusion(conclusion));
    }
    let jobs = [Success, Failure, Neutral, Cancelled, Skipped, TimedOut, ActionRequired];
    let run = Run::new("checks.yml").id(7).conclusion(Failure).job("earlier", Failure).re_run();
    let run = run.jobs(150, Success);
    let run = jobs.into_iter().fold(run, |run, conclusion| run.job(format!("{conclusion:?}"), conclusion));
    let run = run.with_job(Job::queued("queued")).with_job(Job::in_progress("in progress"));
    let run = run.with_job(Job::waiting("waiting")).with_job(Job::new("gone", Cancelled).without_runner());
    shop.run(run);
    shop.run(Run::new("checks.yml").event("merge_group").branch("gh-readonly-queue/main/pr-7-0123abc"));
    shop.run(Run::new("checks.yml").queued().fork("mallory/shop"));
    shop.runner(Runner::Idle).runner(Runner::Busy).runner(Runner::Offline).disable_workflow("release.yml");
    let commit = CHECK_RUNS.split('/').nth(5).unwrap();
    for conclusion in
        ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"]
    {
        shop.check(commit, Check::run(conclusion, conclusion).app(7));
    }
    shop.check(commit, Check::in_progress("test"));
    for state in ["success", "failure", "error", "pending"] {
        shop.check(commit, Check::status(state, state));
        shop.activity(Activity::new("push", "main").by("ci[bot]"));
    }
    shop.protect("main", [RequiredCheck::new("build"), RequiredCheck::new("test").app(7)]);
    shop.require("main", [RequiredCheck::new("lint"), RequiredCheck::new("test").app(7)]);
    shop.rule("main", "workflows", json!({ "workflows": [{ "path": "ci.yml", "repository_id": 7 }] }));
    shop.rule("main", "deletion", Value::Null);
    for severity in ["low", "medium", "high", "critical"] {
        shop.alert(Alert::dependabot(severity));
        shop.alert(Alert::dependabot(severity).closed());
        shop.alert(Alert::code_scanning(Some("error"), Some(severity)));
    }
    for severity in [None, Some("none"), Some("note"), Some("warning")] {
        shop.alert(Alert::code_scanning(severity, None).closed());
        shop.alert(Alert::secret());
        shop.alert(Alert::secret().closed());
    }
    shop.activity(Activity::new("force_push", "main")).activity(Activity::new("branch_deletion", "old"));
    github.repository("acme/empty");
    github.repository("acme/new").rename("acme/newer");
    github.repository("acme/old").commits(2).rename("acme/new");
    github
}

async fn get(github: &FakeGitHub, target: &str, token: &str) {
    let client = Client::builder().no_proxy().user_agent("test").build().unwrap();
    client.get(github.url() + target).bearer_auth(token).send().await.unwrap();
}

/// Requests every kind of response from every endpoint. The client follows redirects.
async fn exchanges() -> Vec<Exchange> {
    let github = github();
    let mut targets: Vec<String> = [
        RATE_LIMIT,
        REPOSITORY,
        "/repos/acme/old",
        "/repos/acme/old/commits?sha=main&per_page=1",
        "/repos/acme/nothing",
        "/repos/acme/nothing/commits",
        "/repos/acme/nothing/actions/workflows",
        "/repos/acme/nothing/actions/workflows/checks.yml/runs",
        "/repos/acme/nothing/actions/runs/7",
        "/repos/acme/nothing/actions/runs/7/attempts/1",
        "/repos/acme/nothing/actions/runs/7/jobs",
        RUN,
        ATTEMPT,
        "/repos/acme/shop/actions/runs/7/attempts/2",
        "/repos/acme/shop/actions/runs/7/attempts/3",
        "/repos/acme/shop/actions/runs/8",
        "/repos/acme/empty/commits",
        "/repos/acme/shop/commits?sha=nothing",
        "/repos/acme/shop/compare/nothing...main",
        "/repos/acme/shop/compare/main...main",
        "/repos/acme/shop/compare/main...earlier",
        "/repos/acme/nothing/compare/main...earlier",
        "/repos/acme/shop/commits?since=2025-03-25T12:00:00Z&until=2025-03-26T12:00:00Z",
        "/repos/acme/shop/actions/workflows/nothing.yml/runs",
        "/repos/acme/shop/actions/runs/8/jobs",
        "/repos/acme/shop/branches/nothing",
        "/repos/acme/shop/branches/master",
        "/repos/acme/shop/activity?ref=refs/heads/main&activity_type=force_push&direction=desc",
        "/repos/acme/shop/dependabot/alerts?state=open&per_page=2&after=Y3Vyc29y2",
        "/repos/acme/shop/secret-scanning/alerts?state=open&hide_secret=true",
    ]
    .map(str::to_owned)
    .into();
    for page in 1..=4 {
        targets.push(format!("{COMMITS}?sha=main&per_page=100&page={page}"));
        targets.push(format!("{WORKFLOWS}?per_page=1&page={page}"));
        targets.push(format!("{RUNS}?per_page=3&page={page}"));
        targets.push(format!("{ALL_RUNS}?per_page=3&page={page}"));
        targets.push(format!("{RUNNERS}?per_page=2&page={page}"));
        targets.push(format!("{COMPARISON}?per_page=1&page={page}"));
        targets.push(format!("{JOBS}?filter=all&per_page=50&page={page}"));
    }
    for status in ["completed", "queued", "in_progress", "success", "cancelled"] {
        targets.push(format!("{RUNS}?branch=main&status={status}"));
    }
    for target in targets {
        get(&github, &target, "right").await;
    }
    for path in BRANCH_AND_ALERT_ENDPOINTS {
        get(&github, path, "right").await;
    }
    let paths =
        [REPOSITORY, COMMITS, COMPARISON, WORKFLOWS, RUNS, ALL_RUNS, RUNNERS, RUN, ATTEMPT, JOBS, RATE_LIMIT];
    for path in paths.into_iter().chain(BRANCH_AND_ALERT_ENDPOINTS) {
        get(&github, path, "wrong").await;
    }
    github.exchanges()
}

/// A successful response of every endpoint, with one item in its list.
async fn one_of_each() -> Vec<Exchange> {
    let github = github();
    let lists = [COMMITS, COMPARISON, WORKFLOWS, RUNS, ALL_RUNS, RUNNERS, JOBS]
        .map(|path| format!("{path}?per_page=1&page=2"));
    for target in [REPOSITORY, RATE_LIMIT, RUN, ATTEMPT].into_iter().chain(lists.iter().map(String::as_str)) {
        get(&github, target, "right").await;
    }
    for path in BRANCH_AND_ALERT_ENDPOINTS {
        get(&github, &if path == BRANCH { path.to_owned() } else { format!("{path}?per_page=1") }, "right")
            .await;
    }
    github.exchanges()
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_response_is_as_github_describes_it() {
    let exchanges = exchanges().await;

    contract::check(&exchanges);

    let mut statuses: Vec<u16> = exchanges.iter().map(|exchange| exchange.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [200, 301, 401, 404, 409]);
}

#[test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
fn every_scripted_error_is_as_github_describes_it() {
    let reset = SystemTime::now();
    let errors = [
        refusal::bad_credentials(),
        refusal::forbidden(),
        refusal::rate_limit(403, 5000, reset),
        refusal::rate_limit(429, 5000, reset),
        refusal::secondary_rate_limit(403, Duration::from_secs(1)),
        refusal::secondary_rate_limit(429, Duration::from_secs(1)),
        refusal::server_error(500),
        refusal::server_error(502),
        refusal::server_error(503),
    ];
    let exchange = |path: &str, error: &Answer| Exchange {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        request: Value::Null,
        status: error.status,
        body: serde_json::from_slice(&error.body).unwrap(),
    };
    let exchanges: Vec<_> = [REPOSITORY, COMMITS, RUNS, ALL_RUNS, RUNNERS, RUN, ATTEMPT, JOBS, RATE_LIMIT]
        .into_iter()
        .flat_map(|path| errors.iter().map(move |error| exchange(path, error)))
        .collect();

    contract::check(&exchanges);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn a_wrong_value_anywhere_in_a_response_is_refused() {
    let mut wrong = Vec::new();
    for exchange in one_of_each().await {
        for place in json_pointers(&exchange.body) {
            let mut changed = exchange.clone();
            *changed.body.pointer_mut(&place).unwrap() = json!({ "unexpected": true });
            wrong.push((format!("wrong value at {place}"), changed));
        }
    }

    assert!(wrong.len() > 400, "only {} places", wrong.len());
    assert_refused(&wrong);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn a_response_with_something_missing_or_added_is_refused() {
    let required = [
        (REPOSITORY, "", "default_branch"),
        (REPOSITORY, "/owner", "login"),
        (COMMITS, "/0", "sha"),
        (COMMITS, "/0/commit", "message"),
        (RUNS, "", "total_count"),
        (RUNS, "/workflow_runs/0", "conclusion"),
        (RUNS, "/workflow_runs/0/head_repository", "full_name"),
        (ALL_RUNS, "", "total_count"),
        (ALL_RUNS, "/workflow_runs/0", "path"),
        (RUNNERS, "/runners/0", "busy"),
        (RUN, "", "status"),
        (RUN, "/repository", "id"),
        (ATTEMPT, "", "conclusion"),
        (ATTEMPT, "/head_repository", "id"),
        (JOBS, "", "total_count"),
        (JOBS, "/jobs/0", "conclusion"),
        (ACTIVITY, "/0", "timestamp"),
        (BRANCH, "", "commit"),
        (BRANCH, "/protection/required_status_checks", "contexts"),
        (RULES, "/0/parameters", "required_status_checks"),
        (CHECK_RUNS, "/check_runs/0", "conclusion"),
        (CHECK_RUNS, "/check_runs/0/app", "id"),
        (STATUS, "", "total_count"),
        (STATUS, "/statuses/0", "context"),
        (DEPENDABOT, "/0/security_vulnerability", "severity"),
        (CODE_SCANNING, "/0", "rule"),
        (RATE_LIMIT, "", "rate"),
        (RATE_LIMIT, "/resources/core", "remaining"),
    ];
    let responses = one_of_each().await;
    let mut wrong = Vec::new();
    for (path, place, name) in required {
        let response = responses.iter().find(|exchange| exchange.path == path).unwrap();
        let (mut less, mut more) = (response.clone(), response.clone());
        less.body.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        more.body.pointer_mut(place).unwrap()["unexpected"] = true.into();
        wrong.extend([
            (format!("{place}/{name} is missing"), less),
            (format!("{place}/unexpected is added"), more),
        ]);
    }

    assert_refused(&wrong);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn an_error_with_another_form_or_status_is_refused() {
    let mut wrong = Vec::new();
    for exchange in exchanges().await.into_iter().filter(|exchange| exchange.status >= 300) {
        for (change, status, body) in [
            ("no message", exchange.status, json!({})),
            ("message is not a text", exchange.status, json!({ "message": 1 })),
            ("something added", exchange.status, json!({ "message": "a", "unexpected": true })),
            ("another status in the body", exchange.status, json!({ "message": "a", "status": "200" })),
            ("a status that GitHub does not declare", 418, json!({ "message": "a" })),
        ] {
            wrong.push((change.to_owned(), Exchange { status, body, ..exchange.clone() }));
        }
    }

    assert!(wrong.len() > 50, "only {} changes", wrong.len());
    assert_refused(&wrong);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn a_request_that_github_does_not_declare_is_refused() {
    let queries = [
        (COMMITS, &["branch=main", "since=2025-03-25", "since=1743508800", "per_page=101"][..]),
        (COMPARISON, &["page=one", "per_page=many", "base=main"]),
        (WORKFLOWS, &["per_page=101", "page=one", "state=active"]),
        (RUNS, &["status=done", "sha=main", "per_page=0", "page=one"]),
        (ALL_RUNS, &["status=done", "created=3&created=4", "per_page=101", "page=one"]),
        (RUNNERS, &["status=online", "per_page=101"]),
        (JOBS, &["filter=newest", "status=completed", "per_page=101", "filter=all&filter=latest"]),
        (RUN, &["attempt=1", "filter=latest"]),
        (ATTEMPT, &["per_page=100"]),
        (REPOSITORY, &["per_page=100"]),
        (ACTIVITY, &["activity_type=pushes", "direction=down", "per_page=101", "page=2"]),
        (BRANCH, &["per_page=100"]),
        (RULES, &["per_page=101", "type=deletion"]),
        (CHECK_RUNS, &["filter=newest", "per_page=101", "sha=main"]),
        (STATUS, &["filter=latest", "per_page=101"]),
        (DEPENDABOT, &["page=2", "per_page=101", "kind=npm"]),
        (CODE_SCANNING, &["state=done", "per_page=101"]),
        (SECRETS, &["state=closed", "hide_secret=maybe", "per_page=101"]),
        (RATE_LIMIT, &["page=1"]),
    ];
    let mut wrong = Vec::new();
    for exchange in one_of_each().await {
        let method = Exchange { method: "PUT".to_owned(), ..exchange.clone() };
        let path = Exchange { path: format!("/v3{}", exchange.path), ..exchange.clone() };
        wrong.extend([("another method".to_owned(), method), ("another path".to_owned(), path)]);
        let (_, queries) = queries.iter().find(|(path, _)| *path == exchange.path).unwrap();
        for query in *queries {
            wrong.push((
                format!("query {query}"),
                Exchange { query: (*query).to_owned(), ..exchange.clone() },
            ));
        }
    }
    let jobs = wrong.iter().find(|(_, exchange)| exchange.path == JOBS).unwrap().1.clone();
    wrong.push((
        "not a number".to_owned(),
        Exchange { path: JOBS.replace('7', "seven"), query: String::new(), ..jobs },
    ));

    assert_refused(&wrong);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
#[should_panic(
    expected = "GET /repos/acme/shop/commits?since=yesterday (400): query parameter 'since' is 'yesterday'"
)]
async fn the_message_names_the_mistake() {
    let github = github();
    get(&github, &format!("{COMMITS}?since=yesterday"), "right").await;

    contract::check(&github.exchanges());
}
