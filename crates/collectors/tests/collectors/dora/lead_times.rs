//! Which commits a deployment brought, and how long they took.

use serde_json::Value;
use system_health_test_support::{
    github::{Commit, Deployment, PullRequest, Release, refusal},
    server::Request,
};

use super::{days, deploy, evidence, hours, now, one_repository, push, push_and_deploy, shop, value};

#[tokio::test]
async fn the_commits_between_two_deployments_count_from_when_they_were_authored() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push(&shop, "Sell shoes", hours(60));
    shop.commit(Commit::new("Sell hats").age(hours(55)).authored_at(now() - hours(80)));
    push_and_deploy(&shop, "Sell coats", hours(50));
    let context = one_repository(&github, "");

    // 10 h, 30 h and 1 h.
    assert_eq!(value(&context, "commits").await, "3");
    assert_eq!(value(&context, "lead_time").await, "36000 93600 106560");
    insta::assert_snapshot!(evidence(&context, "lead_time").await, @"
    + ID Sell shoes: it began when it was authored at 2025-05-30T00:00:00Z, and deployment of ID to production brought it to production after 10h
    + ID Sell hats: it began when it was authored at 2025-05-29T04:00:00Z, and deployment of ID to production brought it to production after 1day 6h
    + ID Sell coats: it began when it was authored at 2025-05-30T09:00:00Z, and deployment of ID to production brought it to production after 1h
    ");
    // The deployments, one comparison, and the pull requests of the commits.
    assert_eq!(github.requests().len(), 3, "{:#?}", github.requests());
}

#[tokio::test]
async fn the_first_deployment_has_no_lead_times_and_says_so() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", hours(50));
    let context = one_repository(&github, "");
    assert_eq!(
        value(&context, "lead_time").await,
        "no data: there are no commits that were deployed in the window"
    );
    insta::assert_snapshot!(evidence(&context, "lead_time").await, @"- deployment of ID to production: no earlier deployment is known, so its commits are unknown");
}

#[tokio::test]
async fn repeated_deployments_and_rollbacks_bring_nothing_and_a_commit_counts_once() {
    let (github, shop) = shop();
    let first = push_and_deploy(&shop, "Sell socks", days(9));
    let second = push_and_deploy(&shop, "Sell shoes", hours(100));
    deploy(&shop, &second, hours(90));
    deploy(&shop, &first, hours(80));
    deploy(&shop, &second, hours(70));
    deploy(&shop, &first, hours(65));
    push_and_deploy(&shop, "Sell hats", hours(60));
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "commits").await, "2");
    insta::assert_snapshot!(evidence(&context, "commits").await, @"
    + ID Sell shoes: it began when it was authored at 2025-05-28T07:00:00Z, and deployment of ID to production brought it to production after 1h
    - deployment of ID to production: the same commit was deployed before it
    - deployment of ID to production: it went back to an older commit
    - deployment of ID to production: it brought no commit that was not deployed before
    - deployment of ID to production: it went back to an older commit
    + ID Sell hats: it began when it was authored at 2025-05-29T23:00:00Z, and deployment of ID to production brought it to production after 1h
    ");
}

#[tokio::test]
async fn after_a_rollback_only_what_was_never_deployed_is_new() {
    let (github, shop) = shop();
    let first = push_and_deploy(&shop, "Sell socks", days(20));
    push_and_deploy(&shop, "Sell shoes", days(9));
    deploy(&shop, &first, hours(100));
    push_and_deploy(&shop, "Sell hats", hours(60));
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "lead_time").await, "3600 3600 3600");
}

#[tokio::test]
async fn a_rollback_before_the_window_is_recognized_if_its_commit_was_deployed_before() {
    let (github, shop) = shop();
    let first = push_and_deploy(&shop, "Sell socks", days(10));
    push_and_deploy(&shop, "Sell shoes", days(9));
    deploy(&shop, &first, days(8));
    push_and_deploy(&shop, "Sell hats", hours(60));
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "lead_time").await, "3600 3600 3600");
}

#[tokio::test]
async fn a_squashed_pull_request_counts_from_its_first_commit_and_rebased_commits_from_their_own_dates() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    let squashed = push(&shop, "Sell shoes (#1)", hours(60));
    shop.pull_request(PullRequest::new("Sell shoes").age(hours(100)).landed_as([&squashed]));
    let rebased = [push(&shop, "Sell hats", hours(58)), push(&shop, "Sell coats", hours(57))];
    shop.pull_request(PullRequest::new("Sell more").age(hours(140)).landed_as(&rebased));
    deploy(&shop, &rebased[1], hours(50));
    let context = one_repository(&github, "");
    insta::assert_snapshot!(evidence(&context, "lead_time").await, @"
    + ID Sell shoes (#1): it began with the first commit of #1 at 2025-05-28T08:00:00Z, and deployment of ID to production brought it to production after 2days 2h
    + ID Sell hats: it began when it was authored at 2025-05-30T02:00:00Z, and deployment of ID to production brought it to production after 8h
    + ID Sell coats: it began when it was authored at 2025-05-30T03:00:00Z, and deployment of ID to production brought it to production after 7h
    ");
    // 7 h, 8 h and 50 h.
    assert_eq!(value(&context, "lead_time").await, "28800 149760 176976");
}

#[tokio::test]
async fn a_commit_with_more_pull_requests_than_were_listed_is_an_error() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    let commit = push_and_deploy(&shop, "Sell shoes", hours(60));
    for _ in 0..20 {
        shop.pull_request(PullRequest::new("Sell shoes").age(hours(100)).landed_as([&commit]));
    }
    assert_eq!(value(&one_repository(&github, ""), "commits").await, "1");

    shop.pull_request(PullRequest::new("Sell shoes").age(hours(100)).landed_as([&commit]));

    assert_eq!(
        value(&one_repository(&github, ""), "commits").await,
        format!(
            "error: cannot read the pull requests of commits in acme/shop: GitHub listed 20 of the 21 pull requests of \
             commit {commit}"
        )
    );
}

#[tokio::test]
async fn a_merge_does_not_count_but_its_commits_do() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    shop.commit(Commit::new("Sell shoes").branch("topic").after(["main"]).age(hours(90)))
        .commit(Commit::new("Merge branch 'topic'").after(["main", "topic"]).age(hours(55)));
    deploy(&shop, &shop.tip("main"), hours(50));
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "lead_time").await, "144000 144000 144000");
    insta::assert_snapshot!(evidence(&context, "lead_time").await, @"
    + ID Sell shoes: it began when it was authored at 2025-05-28T18:00:00Z, and deployment of ID to production brought it to production after 1day 16h
    - ID Merge branch 'topic': it is a merge commit, whose date is that of the merge
    ");
}

#[tokio::test]
async fn a_commit_dated_after_its_deployment_does_not_count() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    shop.commit(Commit::new("Sell shoes").age(hours(60)).authored_at(now() - hours(40)));
    deploy(&shop, &shop.tip("main"), hours(50));
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "commits").await, "0");
    insta::assert_snapshot!(evidence(&context, "commits").await, @"- ID Sell shoes: its date, 2025-05-30T20:00:00Z, is after its deployment, so a clock was wrong");
}

#[tokio::test]
async fn a_squashed_commit_that_is_older_than_its_pull_request_counts_from_its_own_date() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    shop.commit(Commit::new("Sell shoes (#1)").age(hours(60)).authored_at(now() - hours(120)));
    shop.pull_request(PullRequest::new("Sell shoes").age(hours(100)).landed_as([shop.tip("main")]));
    deploy(&shop, &shop.tip("main"), hours(50));
    let context = one_repository(&github, "");
    insta::assert_snapshot!(evidence(&context, "lead_time").await, @"+ ID Sell shoes (#1): it began when it was authored at 2025-05-27T12:00:00Z, and deployment of ID to production brought it to production after 2days 22h");
}

#[tokio::test]
async fn a_deployment_from_another_branch_brings_only_new_commits() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    shop.commit(Commit::new("Urgent").branch("urgent").after(["main"]).age(hours(80)));
    deploy(&shop, &shop.tip("urgent"), hours(75));
    push_and_deploy(&shop, "Sell shoes", hours(50));
    let context = one_repository(&github, "");
    // 5 h and 1 h. The last deployment does not contain the commit on `urgent`.
    assert_eq!(value(&context, "lead_time").await, "10800 16560 17856");
}

#[tokio::test]
async fn commits_that_no_longer_exist_leave_the_lead_time_unknown() {
    let (github, shop) = shop();
    deploy(&shop, "1234567890123456789012345678901234567890", days(9));
    push_and_deploy(&shop, "Sell socks", hours(50));
    let context = one_repository(&github, "");
    assert_eq!(value(&context, "commits").await, "0");
    insta::assert_snapshot!(evidence(&context, "commits").await, @"- deployment of ID to production: GitHub cannot compare it with 1234567890, which was deployed before it");
}

#[tokio::test]
async fn a_deleted_tag_leaves_the_lead_time_unknown() {
    let (github, shop) = shop();
    let commit = push(&shop, "Sell shoes", hours(50));
    shop.release(Release::new("v1", &commit).age(days(9)).without_tag())
        .release(Release::new("v2", &commit).age(hours(40)));
    let context = one_repository(&github, "[dora]\ndeployments = 'releases'");
    insta::assert_snapshot!(evidence(&context, "commits").await, @"- release v2: the commit of the deployment before it no longer exists");
}

#[tokio::test]
async fn all_pages_of_a_comparison_are_read() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    for number in 0..250 {
        push(&shop, "Sell shoes", hours(100).saturating_sub(std::time::Duration::from_mins(number)));
    }
    deploy(&shop, &shop.tip("main"), hours(50));
    assert_eq!(value(&one_repository(&github, ""), "commits").await, "250");
}

#[tokio::test]
async fn more_comparisons_than_the_settings_permit_are_an_error() {
    let (github, shop) = shop();
    for number in (1..6).rev() {
        push_and_deploy(&shop, "Sell socks", hours(10 * number));
    }
    assert_eq!(
        value(&one_repository(&github, "[dora]\nmax_requests = 3"), "commits").await,
        "error: 4 comparisons of deployments of acme/shop would have to be requested; set a shorter window in [metrics], or raise \
         `max_requests` (3 now) in [dora]"
    );
}

#[tokio::test]
async fn a_missing_permission_is_no_data_that_names_it() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    push_and_deploy(&shop, "Sell shoes", hours(50));
    github.fail("/compare", refusal::forbidden());
    let value = value(&one_repository(&github, ""), "commits").await;
    let expected = "no data: the GitHub token needs the permission `Contents` (read) for acme/shop";
    assert!(value.starts_with(expected), "{value}");
}

#[tokio::test]
async fn the_deployment_before_the_window_is_the_last_one_that_succeeded() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    let failed = push(&shop, "Sell shoes", days(8));
    shop.deployment(Deployment::new("production", failed).age(days(8)).status("FAILURE", days(8)));
    push_and_deploy(&shop, "Sell hats", hours(50));
    assert_eq!(value(&one_repository(&github, ""), "commits").await, "2");
}

#[tokio::test]
async fn fewer_commits_are_requested_at_once_after_a_timeout() {
    let (github, shop) = shop();
    push_and_deploy(&shop, "Sell socks", days(9));
    for number in 1..60 {
        push(&shop, &format!("Sell shoes {number}"), hours(60));
    }
    push_and_deploy(&shop, "Sell coats", hours(50));
    let context = one_repository(&github, "");
    // The first query is about deployments.
    value(&context, "frequency").await;
    github.fail_times(1, "/graphql", refusal::query_timeout(502));
    assert_eq!(value(&context, "commits").await, "60");
    let sizes = |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        Some(body["variables"]["ids"].as_array()?.len())
    };
    let sizes: Vec<usize> = github.requests().iter().filter_map(sizes).collect();
    assert_eq!(sizes, [50, 25, 25, 10]);
}
