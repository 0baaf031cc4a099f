//! The metrics make only requests that GitHub describes. Every request and every response is checked against GitHub's own
//! description of its API.

use std::time::Duration;

use system_health_collectors::{
    ci::{
        state,
        volume::{self, RecentRuns},
    },
    dora::{Deployments, Failures},
    issues::Issues,
    pull_requests::PullRequests,
};
use system_health_test_support::github::{
    Activity, Alert, Check, Commit, Conclusion, Deployment, FakeGitHub, Issue, PullRequest, Release,
    RequiredCheck, Run, Runner, Tag,
    contract::{self, Exchange},
};

use crate::stage::{Stage, TOKEN, collected, hotfixes, tests};

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_request_for_a_renamed_repository_is_one_that_github_describes() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    let shop = github.repository("acme/old");
    shop.rename("acme/shop").commits(250).run(Run::new("checks.yml").jobs(150, Conclusion::Success));
    let settings = "[repository]\nname = \"acme/old\"\n";
    let context = Stage::empty().github(&github).token().settings(settings).one_repository();

    hotfixes(&context).await.unwrap();
    tests(&context).await.unwrap();

    let exchanges = github.exchanges();
    // The repository under its old and its new name, three pages of commits, the runs.
    assert!(exchanges.len() >= 6, "{exchanges:#?}");
    contract::check(&exchanges);
}

/// The exchanges about a history for which all endpoints about runs are needed to find out whether the tests pass.
async fn exchanges_about_runs() -> Vec<Exchange> {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(3);
    let tip = shop.tip("main");
    let run = || Run::new("checks.yml").job("test", Conclusion::Success);
    shop.run(run().id(6).conclusion(Conclusion::Failure).jobs(150, Conclusion::Skipped));
    shop.run(Run::new("checks.yml").id(7).conclusion(Conclusion::Cancelled).re_run());
    shop.run(Run::new("checks.yml").id(8).in_progress().head_sha(&tip));
    for _ in 0..100 {
        shop.run(run().branch("feature").event("pull_request"));
    }
    Stage::on(&github).settings("[ci]\njobs = ['test']").tests().await.unwrap();
    github.exchanges()
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_request_about_runs_is_one_that_github_describes() {
    let exchanges = exchanges_about_runs().await;

    for path in ["/runs", "/runs/8", "/runs/7/attempts/1", "/runs/7/jobs", "/runs/6/jobs", "/commits"] {
        assert!(exchanges.iter().any(|exchange| exchange.path.ends_with(path)), "{path}: {exchanges:#?}");
    }
    assert!(exchanges.iter().any(|exchange| exchange.query.contains("branch=main")), "{exchanges:#?}");
    contract::check(&exchanges);
}

#[tokio::test]
#[ignore = "needs GitHub's GraphQL schema: run cargo xtask test"]
async fn every_query_about_pull_requests_and_issues_is_one_that_github_describes() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    let shop = github.repository("acme/shop");
    let minutes = Duration::from_mins;
    let reviewed = (0..101).fold(PullRequest::new("Sell socks").draft(), |pull_request, number| {
        let ago = minutes(200 - number);
        pull_request.review(ago, "ben").comment(ago, "ghost").force_push(ago)
    });
    shop.pull_request(reviewed.ready(minutes(60)).merge(minutes(30)));
    for number in 0..60 {
        shop.pull_request(PullRequest::new("Sell shoes").age(minutes(number)));
        shop.pull_request(PullRequest::new("Old").age(minutes(60_000 + number)));
        shop.issue(Issue::new("Slow").age(minutes(number)).close(minutes(1)));
        shop.issue(Issue::new("Broken").by("ci[bot]").age(minutes(number)));
    }
    let context = Stage::on(&github).one_repository();

    context.get::<PullRequests>().await.unwrap();
    context.get::<Issues>().await.unwrap();

    let exchanges = github.exchanges();
    // Two pages of each list, the start of each list again, and the second page of the events of one pull request.
    assert_eq!(exchanges.len(), 3 + 1 + 3, "{exchanges:#?}");
    contract::check(&exchanges);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_request_about_deployments_is_one_that_github_describes() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    let shop = github.repository("acme/shop");
    let hours = Duration::from_hours;
    for number in (1..4).rev() {
        for _ in 0..60 {
            shop.commit(Commit::new("Sell socks").age(hours(number) + hours(1)));
        }
        let tip = shop.tip("main");
        shop.deployment(Deployment::new("production", &tip).success(hours(number)))
            .release(Release::new(format!("v{number}"), &tip).age(hours(number)))
            .tag(Tag::new(format!("v{number}"), &tip).annotated(hours(number)))
            .tag(Tag::new(format!("v{number}-light"), &tip))
            .pull_request(PullRequest::new("Sell socks").landed_as([&tip]))
            .issue(
                Issue::new("No socks").label("incident").body("Since v1").close(hours(2)).reopen(hours(1)),
            );
    }
    let inactive_at =
        |deployment: Deployment, minute| deployment.status("INACTIVE", Duration::from_mins(minute));
    shop.deployment((0..120).fold(Deployment::new("staging", shop.tip("main")), inactive_at));
    shop.run(
        Run::new("deploy.yml").job("deploy", Conclusion::Success).re_run().conclusion(Conclusion::Success),
    );
    for settings in [
        "",
        "environments = ['live']",
        "environments = ['production', 'staging']",
        "deployments = 'releases'",
        "deployments = 'tags'",
        "deployments = 'workflow'",
    ] {
        let context = Stage::on(&github).settings(&format!("[dora]\n{settings}")).one_repository();
        assert_eq!(context.get::<Deployments>().await.is_err(), settings.contains("live"), "{settings}");
        assert_eq!(context.get::<Failures>().await.is_err(), settings.contains("live"), "{settings}");
    }

    let exchanges = github.exchanges();

    for path in ["/graphql", "/actions/workflows/deploy.yml/runs", "/attempts/1", "/jobs", "...main"] {
        assert!(exchanges.iter().any(|exchange| exchange.path.ends_with(path)), "{path}: {exchanges:#?}");
    }
    contract::check(&exchanges);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_request_about_volume_and_state_is_one_that_github_describes() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    let run = || Run::new("checks.yml").conclusion(Conclusion::Failure).job("test", Conclusion::Failure);
    shop.run(run().re_run().conclusion(Conclusion::Success)).run(run()).runner(Runner::Idle);
    let context = Stage::on(&github).one_repository();
    let (recent, window) = (context.get::<RecentRuns>().await.unwrap(), context.get().await.unwrap());
    volume::flaky_runs(recent.clone(), context.get().await.unwrap(), window).unwrap();
    volume::queue_seconds(recent, context.get().await.unwrap(), window).await.unwrap();
    volume::runners(context.get().await.unwrap()).unwrap();
    state::workflow_passing(context.get().await.unwrap()).unwrap();

    let exchanges = github.exchanges();

    for path in ["/actions/runs", "/attempts/1", "/jobs", "/actions/runners", "/actions/workflows"] {
        assert!(exchanges.iter().any(|exchange| exchange.path.ends_with(path)), "{path}: {exchanges:#?}");
    }
    contract::check(&exchanges);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn every_request_about_changes_and_alerts_is_one_that_github_describes() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    let shop = github.repository("acme/shop");
    shop.pull_request(PullRequest::new("Undo").labelled("revert").merge(Duration::from_mins(9)));
    shop.commits(120)
        .commit(Commit::new("Undo (#1)").pull_request(1))
        .protect("main", [RequiredCheck::new("test")]);
    shop.require("main", [RequiredCheck::new("lint")])
        .check(&shop.tip("main"), Check::run("lint", "success"));
    for _ in 0..120 {
        shop.alert(Alert::dependabot("high")).alert(Alert::code_scanning(None, None)).alert(Alert::secret());
        shop.activity(Activity::new("force_push", "main"));
    }
    let stage = Stage::on(&github).settings("[commits]\nrevert_labels = [\"revert\"]");
    for key in [
        "commits.reverts",
        "commits.direct_pushes",
        "commits.force_pushes",
        "branches.active",
        "ci.required_checks_passing",
        "security.alerts_open",
    ] {
        collected(&stage, key).await;
    }

    let exchanges = github.exchanges();

    for path in [
        "/activity",
        "/branches/main",
        "/check-runs",
        "/status",
        "/dependabot/alerts",
        "/code-scanning/alerts",
    ] {
        assert!(exchanges.iter().any(|exchange| exchange.path.ends_with(path)), "{path}: {exchanges:#?}");
    }
    contract::check(&exchanges);
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn the_check_refuses_an_unknown_parameter_in_each_request_about_runs() {
    let mut exchanges = exchanges_about_runs().await;
    for exchange in &mut exchanges {
        exchange.query.push_str("&per_pages=100");
    }

    for (exchange, problems) in exchanges.iter().zip(contract::problems(&exchanges)) {
        assert!(problems.iter().any(|problem| problem.contains("per_pages")), "{exchange}: {problems:?}");
    }
}

#[tokio::test]
#[ignore = "needs GitHub's API description: run cargo xtask test"]
async fn the_check_refuses_an_unknown_parameter() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(3);
    hotfixes(&Stage::on(&github).one_repository()).await.unwrap();
    let mut exchanges = github.exchanges();
    exchanges[0].query.push_str("&per_pages=100");

    let problems = contract::problems(&exchanges);

    assert!(problems[0].iter().any(|problem| problem.contains("per_pages")), "{problems:?}");
}
