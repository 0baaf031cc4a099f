//! `ci.required_checks_passing`: cases that were judged by hand. The property tests with random checks are beside the code.

use serde_json::json;
use system_health_test_support::github::{Check, Commit, FakeGitHub, Repository, RequiredCheck, refusal};

use crate::stage::{Stage, collected, evidence_of};

const KEY: &str = "ci.required_checks_passing";
const ACTIONS: i64 = 15_368;

/// A GitHub with a repository that has three commits on `main`. This branch requires the checks `build` and `test`.
fn github(fill: impl FnOnce(&Repository)) -> FakeGitHub {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(3).protect("main", ["build", "test"].map(RequiredCheck::new));
    fill(&shop);
    github
}

async fn value(github: &FakeGitHub) -> String {
    collected(&Stage::on(github), KEY).await.join("; ")
}

/// The value of a repository whose newest commit has these checks.
async fn value_with_checks(checks: impl IntoIterator<Item = Check>) -> String {
    value(&github(|shop| {
        for check in checks {
            shop.check(&shop.tip("main"), check);
        }
    }))
    .await
}

fn build() -> Check {
    Check::run("build", "success")
}

fn test(conclusion: &str) -> Check {
    Check::run("test", conclusion)
}

#[tokio::test]
async fn all_required_checks_must_pass_and_only_these() {
    assert_eq!(
        value_with_checks([build(), test("success"), Check::run("lint", "failure")]).await,
        "1 branch:main"
    );
    assert_eq!(value_with_checks([build(), test("failure")]).await, "0 branch:main");
    assert_eq!(value_with_checks([build(), test("timed_out")]).await, "0 branch:main");
    for passed in ["skipped", "neutral"] {
        assert_eq!(value_with_checks([build(), test(passed)]).await, "1 branch:main", "{passed}");
    }
}

#[tokio::test]
async fn a_failure_outweighs_checks_that_have_not_ended_or_are_missing() {
    assert_eq!(value_with_checks([Check::in_progress("build"), test("failure")]).await, "0 branch:main");
    assert_eq!(value_with_checks([test("failure")]).await, "0 branch:main");
}

#[tokio::test]
async fn the_latest_check_of_each_app_counts() {
    assert_eq!(value_with_checks([build(), test("failure"), test("success")]).await, "1 branch:main");
    assert_eq!(value_with_checks([build(), test("success"), test("failure")]).await, "0 branch:main");
    // Checks of two apps and a status with the same name are all required.
    assert_eq!(value_with_checks([build(), test("failure").app(7), test("success")]).await, "0 branch:main");
    assert_eq!(
        value_with_checks([build(), test("success"), Check::status("test", "error")]).await,
        "0 branch:main"
    );
    let statuses = ["failure", "success"].map(|state| Check::status("test", state));
    assert_eq!(value_with_checks([build()].into_iter().chain(statuses)).await, "1 branch:main");
}

#[tokio::test]
async fn checks_of_other_apps_than_the_required_one_are_ignored() {
    let github_with = |checks: Vec<Check>| {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        shop.commits(1).require("main", [RequiredCheck::new("test").app(ACTIONS)]);
        for check in checks {
            shop.check(&shop.tip("main"), check);
        }
        github
    };
    let ours = vec![test("success"), test("failure").app(7), Check::status("test", "failure")];
    assert_eq!(value(&github_with(ours)).await, "1 branch:main");
    let theirs = value(&github_with(vec![test("success").app(7), Check::status("test", "success")])).await;
    let expected = "no data: the required checks decide nothing on the newest commit of `main`: on ";
    assert!(theirs.starts_with(expected) && theirs.contains("`test` is missing"), "{theirs}");
}

#[tokio::test]
async fn checks_are_required_by_rulesets_and_by_the_protection() {
    let github = github(|shop| {
        let required = [RequiredCheck::new("lint").app(-1), RequiredCheck::new("test").app(ACTIONS)];
        shop.require("main", required).require("develop", [RequiredCheck::new("other")]);
        shop.rule("main", "deletion", json!(null));
        for check in [build(), test("success"), Check::run("lint", "failure")] {
            shop.check(&shop.tip("main"), check);
        }
    });
    assert_eq!(value(&github).await, "0 branch:main");
    let evidence = evidence_of(&Stage::on(&github), KEY).await;
    assert_eq!(evidence.len(), 4, "`test` is required of any app and of one: {evidence:?}");
    assert!(evidence.iter().any(|line| line.ends_with(" lint: failure")), "{evidence:?}");
}

#[tokio::test]
async fn while_the_newest_commit_is_tested_the_commit_before_it_decides() {
    let pending =
        [Check::in_progress("test"), test("cancelled"), test("action_required"), test("stale"), build()];
    for check in pending {
        let github = github(|shop| {
            shop.check(&shop.tip("main"), build()).check(&shop.tip("main"), test("failure"));
            shop.commit("Sell socks");
            shop.check(&shop.tip("main"), check.clone());
        });
        assert_eq!(value(&github).await, "0 branch:main", "{check:?}");
        // The branch, its rules, the commits before the newest one, and the checks and statuses of two commits.
        assert_eq!(github.requests().len(), 7);
    }
}

#[tokio::test]
async fn only_commits_that_landed_on_the_branch_can_decide() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.protect("main", [RequiredCheck::new("test")]).commits(1);
    shop.check(&shop.tip("main"), test("success"));
    shop.commit(Commit::new("Draft").branch("topic").after(["main"]));
    shop.check(&shop.tip("topic"), test("failure"));
    shop.commit(Commit::new("Merge branch 'topic'").after(["main", "topic"]));
    assert_eq!(value(&github).await, "1 branch:main");
}

#[tokio::test]
async fn checks_that_run_only_for_pull_requests_are_no_data() {
    let github = github(|shop| {
        shop.commits(10);
    });
    let value = value(&github).await;
    assert!(
        value.starts_with(
            "no data: the required checks decide nothing on the newest 5 commits of `main`: on "
        ),
        "{value}"
    );
    assert!(
        value.ends_with("`build` is missing and `test` is missing; do they run only for pull requests?"),
        "{value}"
    );
    assert_eq!(github.requests().len(), 13);
}

#[tokio::test]
async fn without_required_checks_there_is_no_data() {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1).check(&shop.tip("main"), test("failure"));
    assert_eq!(value(&github).await, "no data: no check is required on the branch `main`");
    shop.rule("main", "workflows", json!({ "workflows": [{ "path": "ci.yml", "repository_id": 7 }] }));
    let value = value(&github).await;
    assert!(
        value.starts_with("no data: a ruleset requires workflows to pass on the branch `main`"),
        "{value}"
    );
}

#[tokio::test]
async fn all_pages_of_checks_are_read() {
    let github = github(|shop| {
        let tip = shop.tip("main");
        shop.check(&tip, build());
        for number in 0..150 {
            shop.check(&tip, Check::run(format!("other {number}"), "success"));
            shop.check(&tip, Check::status(format!("status {number}"), "success"));
        }
        shop.check(&tip, Check::status("test", "failure"));
    });
    assert_eq!(value(&github).await, "0 branch:main");
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    for (request, permission) in [
        ("/check-runs", "Checks"),
        ("/status", "Commit statuses"),
        ("/branches/main?", "Metadata"),
        ("/acme/shop/branches", "Contents"),
    ] {
        let github = github(|shop| {
            shop.check(&shop.tip("main"), build());
        });
        github.fail(request, refusal::forbidden());
        let value = value(&github).await;
        let expected =
            format!("no data: the GitHub token needs the permission `{permission}` (read) for acme/shop: ");
        assert!(value.starts_with(&expected), "{value}");
    }
}

#[tokio::test]
async fn an_unknown_conclusion_is_an_error() {
    let value = value_with_checks([build(), test("great")]).await;
    assert!(value.starts_with("error: ") && value.contains("unknown conclusion `great`"), "{value}");
}
