//! If GitHub refuses a REST endpoint that a metric needs, or all GraphQL queries, then the metric has no data, and the reason
//! names a permission that the metric declares.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use system_health_collectors::github::{GitHubAccess, Permission};
use system_health_registry::{Catalog, Settings};
use system_health_test_support::github::{
    Activity, Check, Commit,
    Conclusion::{Failure, Success},
    Deployment, FakeGitHub, Issue, Job, PullRequest, Repository, RequiredCheck, Run, refusal,
};

use crate::stage::{Stage, collected, days};

const SETTINGS: &str = "[ci]\nworkflow = \"checks.yml\"\njobs = [\"test\"]\n[commits]\nhotfix_labels = [\"hotfix\"]\n\
                        revert_labels = [\"revert\"]";

/// Fills a repository.
type Scenario = fn(&Repository);

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(485_772)
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

fn run(age: u64) -> Run {
    Run::new("checks.yml").age(hours(age))
}

fn failed(age: u64) -> Run {
    run(age).conclusion(Failure).job("test", Failure)
}

/// A few of everything.
fn small(shop: &Repository) {
    shop.commit(Commit::new("Open the shop").age(days(300)));
    for (message, age) in [("Sell socks", days(9)), ("Sell shoes", hours(50))] {
        shop.commit(Commit::new(message).age(age));
        shop.deployment(Deployment::new("production", shop.tip("main")).success(age));
    }
    shop.commit(Commit::new("hotfix: shoes").age(hours(20)))
        .protect("main", [RequiredCheck::new("build")])
        .check(&shop.tip("main"), Check::run("build", "success"))
        .activity(Activity::new("push", "main").age(hours(20)))
        .issue(Issue::new("No shoes").label("incident").age(hours(30)))
        .pull_request(PullRequest::new("Shoes").age(days(3)).merge(hours(20)))
        .run(run(30).job("test", Success))
        .run(failed(20).re_run().started(hours(15)).conclusion(Success).with_job(Job::new("test", Success)))
        .run(failed(10).re_run().started(hours(5)).conclusion(Failure).with_job(Job::new("test", Failure)))
        .run(Run::new("nightly.yml").age(hours(4)).conclusion(Failure).re_run());
}

/// The only run is one of the merge queue.
fn merge_queue(shop: &Repository) {
    shop.commits(3);
    let queued = |age: u64| run(age).event("merge_group").branch("gh-readonly-queue/main/pr-7-0123abc");
    shop.run(queued(5).head_sha(shop.tip("main")).conclusion(Failure).job("test", Failure));
}

/// Adds two runs of the branch, and fills the newest page of runs with those of another branch.
fn add_runs_and_fill_newest_page(shop: &Repository) {
    shop.commits(3);
    shop.run(run(50).job("test", Success)).run(failed(40).head_sha(shop.tip("main")));
    for _ in 0..100 {
        shop.run(Run::new("checks.yml").event("pull_request").branch("feature").age(hours(2)));
    }
}

fn github(scenario: Scenario) -> FakeGitHub {
    let github = FakeGitHub::builder().now(now()).start();
    scenario(&github.repository("acme/shop"));
    github
}

async fn lines(github: &FakeGitHub, settings: &str, key: &str) -> Vec<String> {
    collected(&Stage::empty().github(github).token().settings(settings).started_at(now()), key).await
}

/// The first request to each endpoint, by its path without numbers and ids of commits.
fn endpoints(github: &FakeGitHub) -> BTreeMap<String, String> {
    let is_id = |part: &str| {
        part.contains("...") || (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let mut endpoints = BTreeMap::new();
    for request in github.requests() {
        let path = request.path().trim_start_matches("/repos/acme/shop");
        let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect();
        endpoints.entry(parts.join("/")).or_insert(request.target.clone());
    }
    // Every token may read the repository itself.
    endpoints.remove("");
    endpoints
}

#[tokio::test]
async fn a_refused_endpoint_is_no_data_that_names_a_declared_permission() {
    let catalog = Catalog::linked().unwrap();
    let mut refused = BTreeSet::new();
    let mut wrong = Vec::new();
    let main = "branch = \"main\"";
    let scenarios: [(&str, Scenario, &str); 4] = [
        ("", small, main),
        ("ci.", merge_queue, main),
        ("ci.", merge_queue, ""),
        ("ci.", add_runs_and_fill_newest_page, ""),
    ];
    for (key_prefix, scenario, branch) in scenarios {
        let toml = format!("[repository]\nname = \"acme/shop\"\n{branch}\n{SETTINGS}");
        let settings = Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build().unwrap();
        for key in catalog.metrics().iter().map(|metric| metric.key()) {
            let Some(access) = GitHubAccess::for_key(key) else { continue };
            if !key.starts_with(key_prefix) {
                continue;
            }
            let needs = (access.needs)(key, &settings).unwrap();
            // Every token has the permission `Metadata`.
            let permissions = needs.permissions.iter().chain([&Permission::Metadata]);
            let permissions: Vec<String> =
                permissions.map(|name| format!("the GitHub token needs the permission `{name}`")).collect();
            let permitted = github(scenario);
            let expected = lines(&permitted, &toml, key).await;
            for (endpoint, target) in endpoints(&permitted) {
                let github = github(scenario);
                let answer = if endpoint == "/graphql" {
                    refusal::query_error("FORBIDDEN", "Resource not accessible by integration")
                } else {
                    refusal::forbidden()
                };
                github.fail(&target, answer);
                let lines = lines(&github, &toml, key).await;
                // Some metrics do not use every response: if there are runs, the branch is not needed. Other metrics leave
                // out only the samples that need the response.
                let is_expected = |line: &String| {
                    let names_permission = permissions.iter().any(|name| line.contains(name));
                    expected.contains(line) || (line.starts_with("no data: ") && names_permission)
                };
                if lines.is_empty() || !lines.iter().all(is_expected) {
                    wrong.push(format!("{key} without {target}: {lines:?}"));
                }
                refused.insert(endpoint);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!(refused.into_iter().collect::<Vec<_>>().join("\n"), @"
    /actions/runners
    /actions/runs
    /actions/runs/*
    /actions/runs/*/attempts/*
    /actions/runs/*/jobs
    /actions/workflows
    /actions/workflows/checks.yml/runs
    /activity
    /branches/main
    /code-scanning/alerts
    /commits
    /commits/*/check-runs
    /commits/*/status
    /compare/*
    /dependabot/alerts
    /graphql
    /repositories/*/actions/runs
    /rules/branches/main
    /secret-scanning/alerts
    ");
}
